"""Files as an attacker, or bad luck, would make them; made by code, since nothing of the kind should lie in a repository."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from pipelines.sources.contract import load_contracts

HEADERS = [column.header for column in load_contracts()["complaint_case"].columns if not column.optional]
ROW = ["A1", "Complaint", "2020-03-05", "2020-04-01"]
ROWS = 20
GOOD_CSV = "\n".join(",".join(cells) for cells in [HEADERS, *[ROW] * ROWS, []])
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_ODF = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)

Change = Callable[[dict[str, bytes]], None]


def put(part: str, before: str, text: str) -> Change:
    """A change that puts text into a part of a package, in front of what stands there."""

    def change(parts: dict[str, bytes]) -> None:
        assert before.encode() in parts[part], before
        parts[part] = parts[part].replace(before.encode(), (text + before).encode(), 1)

    return change


def cell(address: str) -> Change:
    """A change that adds a row with one cell."""
    row = "".join(filter(str.isdigit, address))
    return put(SHEET, "</sheetData>", f'<row r="{row}"><c r="{address}" t="inlineStr"><is><t>x</t></is></c></row>')


def xlsx(change: Change = lambda parts: None) -> bytes:
    """A workbook of complaints with its texts in shared strings, as Excel writes it."""
    words = sorted({*HEADERS, *ROW})
    rows = "".join(
        f'<row r="{line}">'
        + "".join(f'<c r="{"ABCD"[p]}{line}" t="s"><v>{words.index(c)}</v></c>' for p, c in enumerate(cells))
        + "</row>"
        for line, cells in enumerate([HEADERS, *[ROW] * ROWS], start=1)
    )
    strings = "".join(f"<si><t>{word}</t></si>" for word in words)
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" Type="{_LINKS}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>'
        '<sheet name="Sheet" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}">'
        f'<Relationship Id="rId1" Type="{_LINKS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_LINKS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        STRINGS: f'<sst xmlns="{_MAIN}" count="{len(words)}" uniqueCount="{len(words)}">{strings}</sst>',
        SHEET: f'<worksheet xmlns="{_MAIN}"><dimension ref="A1:D21"/><sheetData>{rows}</sheetData></worksheet>',
    }
    encoded = {name: f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode() for name, text in parts.items()}
    change(encoded)
    return zipped(encoded)


def ods(more_rows: str = "", change: Change = lambda parts: None) -> bytes:
    """A spreadsheet of complaints in OpenDocument, as LibreOffice writes it, with more rows as XML."""
    rows = ods_row(HEADERS) + ods_row(ROW) * ROWS + more_rows
    content = (
        f'<?xml version="1.0"?><office:document-content{_ODF}><office:body><office:spreadsheet>'
        f'<table:table table:name="Sheet">{rows}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    parts = {
        "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": content.encode(),
        "META-INF/manifest.xml": b'<?xml version="1.0"?><manifest:manifest '
        b'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
    }
    change(parts)
    return zipped(parts)


def ods_row(cells: list[str], row: str = "", each: str = "") -> str:
    """A row of text cells, with attributes for the row and for each cell."""
    texts = (
        f'<table:table-cell office:value-type="string"{each}><text:p>{text}</text:p></table:table-cell>'
        for text in cells
    )
    return f"<table:table-row{row}>{''.join(texts)}</table:table-row>"


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip archive."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return package.getvalue()


def overlapping(members: int) -> bytes:
    """An archive whose directory names one packed member many times."""
    text = random.Random(1).randbytes(20_000).hex().encode()
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed, crc = packer.compress(text) + packer.flush(), zlib.crc32(text)
    names = [f"{number:05}.csv".encode() for number in range(members)]
    sizes = (crc, len(packed), len(text))
    body = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 33, *sizes, len(names[0]), 0) + names[0] + packed
    directory = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 33, *sizes, len(name), 0, 0, 0, 0, 0, 0) + name
        for name in names
    )
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, members, members, len(directory), len(body), 0)
    return body + directory + end


def lying() -> bytes:
    """An archive that declares a member of 5 MB as one of 1,000 bytes."""
    package = bytearray(zipped({"a.csv": bytes(5_000_000)}))
    struct.pack_into("<L", package, 22, 1000)
    struct.pack_into("<L", package, package.rindex(b"PK\1\2") + 24, 1000)
    return bytes(package)


def link() -> bytes:
    """An archive that holds a symbolic link."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        info = zipfile.ZipInfo("link.csv")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return package.getvalue()


def rename(part: str, name: str, text: str) -> Change:
    """A change that calls a part otherwise, also where it is named, and puts text in front of it."""

    def change(parts: dict[str, bytes]) -> None:
        parts[name] = text.encode() + parts.pop(part).partition(b"?>")[2]
        links = "xl/_rels/workbook.xml.rels"
        parts[links] = parts[links].replace(part.removeprefix("xl/").encode(), name.removeprefix("xl/").encode())

    return change


def in_utf16(parts: dict[str, bytes]) -> None:
    """A change of the encoding, in which declarations look otherwise."""
    parts[SHEET] = parts[SHEET].decode().replace("UTF-8", "UTF-16").encode("utf-16")


def many_sheets(parts: dict[str, bytes]) -> None:
    """A change that names one sheet 20,000 times."""
    sheet = b'<sheet name="Sheet" sheetId="1" r:id="rId1"/>'
    sheets = b"".join(sheet.replace(b'"Sheet"', b'"S%d"' % number) for number in range(20_000))
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(sheet, sheets)


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
_ROWS_REPEATED, _COLUMNS_REPEATED = ' table:number-rows-repeated="{}"', ' table:number-columns-repeated="{}"'

HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    # workbooks that make their reader ask for more memory than there is
    "far cell.xlsx": (lambda: xlsx(cell("XFD1048576")), "copy the table alone"),
    "strings declared.xlsx": (
        lambda: xlsx(lambda parts: parts.update({STRINGS: parts[STRINGS].replace(b'ount="', b'ount="99999999')})),
        "copy the table alone",
    ),
    "sheets.xlsx": (lambda: xlsx(many_sheets), "has 20,000 sheets"),
    "cell of 12 MB.xlsx": (lambda: xlsx(put(SHEET, "</sheetData>", "x" * 12_000_000)), "would grow from"),
    "cell of 2 MB.xlsx": (
        lambda: xlsx(put(SHEET, "</sheetData>", random.Random(1).randbytes(1_000_000).hex())),
        "holds a text of more than 1 MB",
    ),
    "deep.xlsx": (lambda: xlsx(put(SHEET, "</worksheet>", "<a>" * 4_000_000)), "would grow from"),
    "columns.ods": (lambda: ods(ods_row(["x"], each=_COLUMNS_REPEATED.format(2 * 10**9))), "repeats a row or a cell"),
    "rows.ods": (lambda: ods(ods_row(ROW, _ROWS_REPEATED.format(4 * 10**9))), "repeats a row or a cell"),
    "rows beyond the last.ods": (
        lambda: ods(ods_row([""], _ROWS_REPEATED.format(1_048_560)) + ods_row(ROW)),
        "has a sheet with more than 1,048,576 rows",
    ),
    "both.ods": (
        lambda: ods(ods_row(["x"], _ROWS_REPEATED.format(10**6), _COLUMNS_REPEATED.format(16_000))),
        "cannot be read as a workbook",
    ),
    "blanks.ods": (
        lambda: ods(ods_row(['a<text:s text:c="4000000000"/>'])),
        "cannot be read as a workbook",
    ),
    # entities, wherever they are declared
    "entities.xlsx": (lambda: xlsx(put(SHEET, "<worksheet", ENTITIES)), "declares XML entities"),
    "outside.xlsx": (lambda: xlsx(put(STRINGS, "<sst", OUTSIDE)), "declares XML entities"),
    "outside.ods": (
        lambda: ods(change=put("content.xml", "<office:document-content", OUTSIDE)),
        "declares XML entities",
    ),
    "late.xlsx": (lambda: xlsx(put(SHEET, "<worksheet", f"<!--{'x' * 5000}-->{ENTITIES}")), "declares XML entities"),
    "no part.xlsx": (lambda: xlsx(rename(SHEET, "xl/sheet.dat", ENTITIES)), "declares XML entities"),
    "utf-16.xlsx": (lambda: xlsx(in_utf16), "in another encoding than UTF-8"),
    # archives
    "bomb.csv.gz": (lambda: gzip.compress(bytes(12_000_000)), "grows too much"),
    "bomb.zip": (lambda: zipped({"a.csv": bytes(12_000_000)}), "would grow from"),
    "overlapping.zip": (lambda: overlapping(100), "over another member"),
    "lying.zip": (lying, "is damaged (Bad CRC-32"),
    "link.zip": (link, "holds the link"),
    "members.zip": (lambda: zipped({f"{n}.csv": b"" for n in range(20_001)}), "has 20,001 members"),
    "parent.zip": (lambda: zipped({"../../x.csv": b"a\n"}), "leads outside"),
    "absolute.zip": (lambda: zipped({"/etc/x.csv": b"a\n"}), "leads outside"),
    "drive.zip": (lambda: zipped({"C:\\x.csv": b"a\n"}), "leads outside"),
    "long name.zip": (lambda: zipped({"9" * 5000 + ".csv": b"a\n"}), "which is no file name"),
    "in zip.zip": (lambda: zipped({"inner.zip": zipped({"x.csv": b"a\n"})}), "is a packed file"),
    "gz in zip.zip": (lambda: zipped({"inner.csv.gz": gzip.compress(b"b\n")}), "is a packed file"),
    "zip in gz.zip.gz": (lambda: gzip.compress(zipped({"x.csv": b"d\n"})), "is a packed file"),
    "gz in gz.csv.gz.gz": (lambda: gzip.compress(gzip.compress(b"c\n")), "is a packed file"),
    "workbook.zip": (xlsx, "is a workbook, no archive"),
    # text
    "field of 50 MB.csv": (lambda: f'{GOOD_CSV}"{"x" * 50_000_000}",,,\n'.encode(), "has a row of more than 2 MB"),
    "no line end.csv": (lambda: b"x" * 5_000_000, "has a row of more than 2 MB"),
    "commas.csv": (lambda: GOOD_CSV.encode() + b"," * 3_000_000 + b"\n", "has a row of more than 2 MB"),
    "columns.csv": (lambda: ",".join(map(str, range(20_000))).encode() + b"\n1\n", "has 20,000 cells in line 1"),
    "wide field.csv": (lambda: f"{GOOD_CSV}{'x' * 600_000},,2020-03-05,\n".encode(), "larger than field limit"),
    "wide row.csv": (lambda: f"{GOOD_CSV}{('y' * 200_000 + ',') * 3}\n".encode(), "has 600,000 characters in line 22"),
    "blank lines.csv": (lambda: GOOD_CSV.encode() + b"\n" * 2_000_000, "has 2,000,000 blank lines"),
    "nul.csv": (lambda: f"{GOOD_CSV}A\0,,2020-03-05,\n".encode(), "holds a NUL byte in line 22"),
    "unclosed.csv": (lambda: f'{GOOD_CSV}"A1,x,2020-03-05,\n'.encode(), "never closes"),
    "mixed.csv": (lambda: f"{GOOD_CSV}é,,,\n".encode() + "é,,,\n".encode("latin-1"), "is not UTF-8 (line 23)"),
    "surrogate.csv": (lambda: GOOD_CSV.encode() + b"\xed\xa0\x80,,,\n", "is not UTF-8 (line 22)"),
    "utf-16.csv": (lambda: GOOD_CSV.encode("utf-16"), "is not UTF-8 but UTF-16"),
    "empty.csv": (lambda: b"\n", "is empty"),
    # something else than the name says
    "text.xlsx": (GOOD_CSV.encode, "is no whole workbook"),
    "else.xlsx": (lambda: zipped({"a.txt": b"hello"}), "cannot be read as a workbook"),
    "empty.ods": (lambda: b" ", "is no whole workbook"),
    "workbook.csv": (xlsx, "is a workbook or an archive under a wrong name"),
    "2020-03-west-midlands-street.csv": (xlsx, "is a workbook or an archive under a wrong name"),
    "old.xls": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2001), "may hold macros"),
    "old.xlsx": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "protected by a password"),
    "old.csv": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2002), "is a workbook of the old kind"),
    "packed.csv": (lambda: gzip.compress(b"a\n"), "is packed with gzip"),
    "empty.zip": (lambda: b"  ", "cannot be opened as a zip archive"),
}
"""By name: what makes the content, and words of the sentence that refuses it."""

NAMES = (
    'it\'s "quoted" *[x]?*; DROP TABLE ops.extract; --',
    "line\nbreak \x1b]0;title\x07",
    "\u202efdp\u200b\ufeff",
    "1²3 " + "9" * 200,
    "=cmd|' /C calc'!A0",
    "caf\udce9",
    "a!b#c\\d",
    "x" * 240,
)
"""Names of folders and files that mean something to a shell, to SQL, to a terminal or to a spreadsheet."""


def write_hostile(folder: Path) -> None:
    """Write every hostile file into the folder."""
    for name, (content, _) in HOSTILE.items():
        (folder / name).write_bytes(content())
