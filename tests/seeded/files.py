"""Defects of files: what publishers, exports and people in a hurry do to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
from openpyxl.workbook import Workbook

from tests.seeded.fault import Delivery, Fault
from tests.seeded.origins import (
    CASUALTIES,
    COLLISIONS,
    COMPLAINTS,
    MEMBERSHIP,
    OFFENCE_TABLES,
    OUTCOMES,
    RECORDED,
    SEARCHES,
    STREET,
    SURVEY,
    Plant,
    Rows,
    as_csv,
    workbook,
)
from tests.unit.test_extracts import ods, ods_row

WM = "West Midlands Police"
NEW_TABLES = "ons-police-force-area-tables-year-ending-december-2020.xlsx"


def half(rows: Rows) -> Rows:
    return rows[: len(rows) // 2]


def shift_cells(rows: Rows) -> None:
    for row in rows[1:]:
        row.insert(0, row.pop())


def with_footer(rows: Rows) -> None:
    rows.append(["Total", str(len(rows) - 1), *[""] * (len(rows[0]) - 2)])


def month_first(day: str) -> str:
    """A day of the form dd/mm/yyyy, or an ISO day, as it is written in America."""
    if day[4:5] == "-":
        return f"{day[5:7]}/{day[8:10]}/{day[:4]}"
    return f"{day[3:6]}{day[:3]}{day[6:]}" if day else ""


def serial(day: str) -> str:
    """A day as the number that a spreadsheet keeps."""
    return str((date.fromisoformat(day) - date(1899, 12, 30)).days)


def copy_of(path: str, name: str) -> Plant:
    """A file of the sample arrives again under another name."""
    return lambda delivery: delivery.write(name, delivery.sample(path))


def half_again(delivery: Delivery) -> None:
    """A new release of a month that is loaded, with half of its rows."""
    rows = [line.split(",") for line in delivery.sample(STREET.path).splitlines()]
    delivery.write(Path(STREET.path).name, as_csv(half(rows)))


def other_force(delivery: Delivery) -> None:
    delivery.write(STREET.name, STREET.text(delivery).replace(WM, "Merseyside Police"))


def cell(sheet: str, address: str, value: object) -> Callable[[Workbook], None]:
    """Sets a cell of a workbook."""

    def spoil(book: Workbook) -> None:
        book[sheet][address] = value

    return spoil


def second_sheet(book: Workbook) -> None:
    book.copy_worksheet(book["Table P1"]).title = "Table P1 (2)"


def return_of(*rows: str) -> Plant:
    """A return with these rows below good ones."""
    return MEMBERSHIP.whole(lambda text: text + "".join(f"{row}\n" for row in rows))


def return_as_workbook(delivery: Delivery) -> None:
    """A share as a cell that shows 4.1%, which is 0.041 to the reader."""
    book = openpyxl.Workbook()
    for line in MEMBERSHIP.text(delivery).splitlines():
        book.active.append(line.split(","))
    book.active["E2"] = 0.041
    book.active["E2"].number_format = "0.0%"
    delivery.folder.mkdir(parents=True, exist_ok=True)
    book.save(delivery.folder / "west-midlands-return-membership-2021-to-2022.xlsx")


def return_as_ods(delivery: Delivery) -> None:
    """A return in which the spreadsheet made a day of a month."""
    header, first, *others = (line.split(",") for line in MEMBERSHIP.text(delivery).splitlines())
    rows = [header, [*first[:2], "2021-11-01", *first[3:]], *others]
    delivery.folder.mkdir(parents=True, exist_ok=True)
    table = f'<table:table table:name="return">{"".join(ods_row(*row) for row in rows)}</table:table>'
    ods(delivery.folder / "west-midlands-return-membership-2021-to-2022.ods", table)


STREET_FAULTS = (
    Fault(
        "street_cut_off",
        STREET.source,
        "The download broke off within a line",
        STREET.whole(lambda text: text[:-40]),
        "refused: looks cut off",
    ),
    Fault(
        "street_header_shifted",
        STREET.source,
        "The header moved one column to the right",
        STREET.rows(lambda rows: [["", *rows[0][:-1]], *rows[1:]]),
        "refused: has the unknown column",
    ),
    Fault(
        "street_cells_shifted",
        STREET.source,
        "The cells moved one column to the right under the header",
        STREET.rows(shift_cells),
        "refused: unreadable rows",
    ),
    Fault(
        "street_month_swapped",
        STREET.source,
        "A file holds the month before the one in its name",
        copy_of(STREET.path, STREET.name.replace("05", "06")),
        "refused: has the same content as",
    ),
    Fault(
        "street_few_of_other_month",
        STREET.source,
        "Three rows are of another month",
        STREET.column("Month", "2020-03", 0, 3),
        "refused: of its rows are of another month",
    ),
    Fault(
        "street_halved",
        STREET.source,
        "Half of the rows are missing",
        STREET.rows(half),
        "raw.police_uk_street.volume_as_usual",
    ),
    Fault(
        "street_release_halved",
        STREET.source,
        "A new release of a month has half of its rows",
        half_again,
        "raw.police_uk_street.release_keeps_rows",
    ),
    Fault(
        "street_copy_as_other_force",
        STREET.source,
        "The file of a month again under the name of another force",
        copy_of(STREET.path, "2020-04-merseyside-street.csv"),
        "refused: has the same content as",
    ),
    Fault(
        "street_other_force_inside",
        STREET.source,
        "Rows of another force under the name of this one",
        other_force,
        "refused: but holds rows of Merseyside Police",
    ),
    Fault(
        "street_bom",
        STREET.source,
        "A byte-order mark in front",
        STREET.whole(lambda text: "\ufeff" + text),
        "read right",
        like=STREET.whole(),
    ),
    Fault(
        "street_utf16",
        STREET.source,
        "Saved as UTF-16",
        STREET.whole(lambda text: text.encode("utf-16")),
        "refused: is not UTF-8 but UTF-16",
    ),
    Fault(
        "street_mixed_encodings",
        STREET.source,
        "One name in Latin-1 among UTF-8",
        STREET.whole(lambda text: text.encode().replace(b"On or near", b"On or n\xe9ar", 1)),
        "refused: is not UTF-8",
    ),
    Fault(
        "street_old_line_ends",
        STREET.source,
        "Line ends of an old kind",
        STREET.whole(lambda text: text.replace("\n", "\r")),
        "refused: line ends of an old kind",
    ),
    Fault(
        "street_semicolons",
        STREET.source,
        "Semicolons instead of commas",
        STREET.whole(lambda text: text.replace(",", ";")),
        "refused: has the unknown column",
    ),
    Fault(
        "street_column_renamed",
        STREET.source,
        "A column has another name",
        STREET.whole(lambda text: text.replace("Crime type", "Offence type")),
        "refused: has the unknown column 'Offence type'",
    ),
    Fault(
        "street_columns_reordered",
        STREET.source,
        "Longitude and latitude have changed places, header and all",
        STREET.rows(lambda rows: [[*row[:4], row[5], row[4], *row[6:]] for row in rows]),
        "refused: has its columns in another order",
    ),
    Fault(
        "street_two_files_in_one",
        STREET.source,
        "Two exports pasted together, the second header and its byte-order mark among the rows",
        STREET.whole(lambda text: text + "\ufeff" + "\n".join(text.splitlines()[:9]) + "\n"),
        "set aside: is not a DATE",
    ),
    Fault(
        "street_footer",
        STREET.source,
        "A line with the total below the rows",
        STREET.rows(with_footer),
        "set aside: month is not a DATE",
    ),
    Fault(
        "street_quotation_mark",
        STREET.source,
        "A quotation mark that is never closed",
        STREET.whole(lambda text: text.replace("On or near", '"On or near', 1)),
        "refused: opens a quotation mark that it never closes",
    ),
    Fault(
        "street_month_as_shown",
        STREET.source,
        "The spreadsheet made Apr-20 of 2020-04",
        STREET.column("Month", "May-20"),
        "refused: unreadable rows",
    ),
    Fault(
        "street_text_in_number",
        STREET.source,
        "Text stands where a number belongs",
        STREET.column("Longitude", "n/a", 5, 8),
        "set aside: longitude is not a DOUBLE",
    ),
    Fault("street_empty", STREET.source, "A file of no bytes", lambda d: d.write(STREET.name, ""), "refused: is empty"),
    Fault(
        "street_header_only",
        STREET.source,
        "A header and no row",
        STREET.rows(lambda rows: rows[:1]),
        "raw.police_uk_street.extract_has_rows",
    ),
    Fault(
        "street_future_month",
        STREET.source,
        "A month that has not been",
        STREET.whole(lambda text: text.replace("2020-05", "2029-05"), "2029-05-west-midlands-street.csv"),
        "raw.police_uk_street.periods_begun",
    ),
    Fault(
        "street_unknown_force",
        STREET.source,
        "The name of the force is misspelt",
        STREET.whole(name="2020-05-west-midland-street.csv"),
        "refused: which is not in seeds/reference/force.csv",
    ),
    Fault(
        "street_name_unpublished",
        STREET.source,
        "Saved as export.csv",
        STREET.whole(name="export.csv"),
        "refused: its name does not tell force and month",
    ),
    Fault(
        "outcomes_saved_as_street",
        OUTCOMES.source,
        "An outcome file under the name of the street file",
        OUTCOMES.whole(name=STREET.name),
        "refused: lacks the columns",
    ),
    Fault(
        "searches_month_first",
        SEARCHES.source,
        "Dates with the month first",
        SEARCHES.column("Date", lambda text: f"{text[:5]}{text[8:10]}-{text[5:7]}{text[10:]}"),
        "refused: unreadable rows",
    ),
    Fault(
        "searches_sentinel_date",
        SEARCHES.source,
        "1900-01-01 for a day that nobody knew",
        SEARCHES.column("Date", "1900-01-01T00:00:00+00:00", 0, 12),
        "set aside: searched_at lies outside the month of the file",
    ),
    Fault(
        "searches_number_as_yes",
        SEARCHES.source,
        "Words in a column of true and false",
        SEARCHES.column("Outcome linked to object of search", "partly", 0, 9),
        "set aside: is_outcome_linked is not a BOOLEAN",
    ),
)
OWN_FAULTS = (
    Fault(
        "survey_delivered_twice",
        SURVEY.source,
        "The invitations of a month again with the days of the next",
        SURVEY.whole(lambda text: text.replace("2021-01", "2021-02").replace("VS2021", "VS2020")),
        "staging.stg_victim_survey.survey_id_unique",
    ),
    Fault(
        "survey_month_first",
        SURVEY.source,
        "Dates with the month first",
        SURVEY.rows(
            lambda rows: [rows[0], *([row[0], *(month_first(c) for c in row[1:4]), *row[4:]] for row in rows[1:])]
        ),
        "refused: put the month first",
    ),
    Fault(
        "survey_serial_dates",
        SURVEY.source,
        "Dates as numbers of a spreadsheet",
        SURVEY.column("Invited", serial),
        "refused: has no row whose 'Invited' tells a period",
    ),
    Fault(
        "survey_serial_completed",
        SURVEY.source,
        "One column of dates as numbers of a spreadsheet",
        SURVEY.column("Completed", lambda text: text and serial(text)),
        "set aside: completed_date is not a DATE",
    ),
    Fault(
        "survey_unknown_column",
        SURVEY.source,
        "A column nobody knows, which may hold personal data",
        SURVEY.rows(lambda rows: [[*rows[0], "Crime details"], *([*row, "x"] for row in rows[1:])]),
        "refused: has the unknown column 'Crime details'",
    ),
    Fault(
        "survey_column_renamed",
        SURVEY.source,
        "A column has another name",
        SURVEY.whole(lambda text: text.replace("Whole Experience", "Q7")),
        "refused: lacks the column 'Whole Experience'",
    ),
    Fault(
        "survey_formula_errors",
        SURVEY.source,
        "Formula errors where days were",
        SURVEY.column("Completed", lambda text: text and "#REF!", 0, 100),
        "set aside: completed_date is not a DATE",
    ),
    Fault(
        "complaints_received_1900",
        COMPLAINTS.source,
        "1900-01-01 for a day that nobody knew",
        COMPLAINTS.column("Received", "1900-01-01", 0, 6),
        "marts.dim_month.extracts_within_calendar",
    ),
    Fault(
        "return_denominator_negative",
        "performance_return",
        "A negative denominator",
        MEMBERSHIP.column("denominator", "-423436", 0, 1),
        "set aside: denominator is not above 0",
    ),
    Fault(
        "return_part_above_whole",
        "performance_return",
        "More cases than the whole of which they are a part",
        return_of(f"stop_search_positive_rate,{WM},2022-11,,120,90,"),
        "set aside: numerator is larger than the denominator",
    ),
    Fault(
        "return_percentage",
        "performance_return",
        "A percentage where a number counted belongs",
        MEMBERSHIP.column("numerator", "4.1%", 0, 2),
        "set aside: numerator is a percentage",
    ),
    Fault(
        "return_other_force",
        "performance_return",
        "A force nobody knows",
        MEMBERSHIP.column("area", "Gotham Police", 0, 2),
        "set aside: area is no force",
    ),
    Fault(
        "return_text_in_number",
        "performance_return",
        "Text stands where a number belongs",
        MEMBERSHIP.column("numerator", "approx. 17k", 0, 2),
        "set aside: numerator is no number",
    ),
    Fault(
        "return_month_13",
        "performance_return",
        "A month that does not exist",
        MEMBERSHIP.column("period", "2022-13", 0, 1),
        "set aside: period cannot be read",
    ),
    Fault(
        "return_row_twice",
        "performance_return",
        "A row stands twice with different numbers",
        MEMBERSHIP.rows(lambda rows: [*rows, [*rows[1][:4], "1", *rows[1][5:]]]),
        "set aside: has the same area, period and breakdown",
    ),
    Fault(
        "return_measure_unknown",
        "performance_return",
        "A measure nobody knows",
        MEMBERSHIP.column("measure", "active_citizen", 0, 1),
        "set aside: measure is no measure that can be returned",
    ),
    Fault(
        "return_percent_cell",
        "performance_return",
        "A workbook's cell that shows a percentage where a number counted belongs",
        return_as_workbook,
        "set aside: numerator is not a whole number",
    ),
    Fault(
        "return_month_made_a_day",
        "performance_return",
        "An OpenDocument spreadsheet that made a day of a month",
        return_as_ods,
        "set aside: period is one day",
    ),
    Fault(
        "return_breakdown_unknown",
        "performance_return",
        "A breakdown that the measure does not have",
        MEMBERSHIP.column("breakdown", "district=Bham East", 0, 1),
        "set aside: breakdown is by district",
    ),
)
OFFICIAL_FAULTS = (
    Fault(
        "casualties_copied",
        CASUALTIES.source,
        "A file of the year again under another name",
        copy_of(CASUALTIES.path, "Casualties_2015 (1).csv"),
        "read right",
    ),
    Fault(
        "collisions_month_first",
        COLLISIONS.source,
        "Dates with the month first",
        COLLISIONS.column("Date", month_first),
        "refused: put the month first",
    ),
    Fault(
        "collisions_reference_as_number",
        COLLISIONS.source,
        "The spreadsheet made numbers of references",
        COLLISIONS.column("Accident_Index", "2.0162E+12"),
        "refused: has no row whose 'collision_index' tells a period",
    ),
    Fault(
        "recorded_thousands",
        RECORDED.source,
        "Thousands separators",
        RECORDED.column(
            "Number of Offences", lambda text: f"{int(text):,}" if text.strip().lstrip("-").isdigit() else text
        ),
        "read right",
        like=RECORDED.whole(),
    ),
    Fault(
        "offences_year_mistyped",
        "ons_pfa_table",
        "A year mistyped in the title",
        workbook(
            OFFENCE_TABLES,
            NEW_TABLES,
            cell("Table P1", "A1", "Table P1: Police recorded crime, number of offences, year ending September 2029"),
        ),
        "raw.ons_pfa_table.periods_begun",
    ),
    Fault(
        "offences_sheet_twice",
        "ons_pfa_table",
        "A sheet stands in the workbook twice",
        workbook(OFFENCE_TABLES, NEW_TABLES, second_sheet),
        "refused: in two sheets",
    ),
)
FILE_FAULTS = (*STREET_FAULTS, *OWN_FAULTS, *OFFICIAL_FAULTS)
