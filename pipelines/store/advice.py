"""What to do when the machine fails, not the data: known by the words that DuckDB, SQLite and the system leave."""

from __future__ import annotations

import errno
import re

LESS_MEMORY = "end other programs, or lower FPW_MEMORY_LIMIT and FPW_THREADS; then refresh again."
"""The mend when the machine has no more memory to give."""

_ADVICE = (
    (
        r"no space left|disk is full|disk i/o error|quota exceeded|file too large|max_temp_directory_size",
        "Make room on the disk of the warehouse, then refresh again.",
    ),
    (
        r"out of memory error",  # DuckDB's, of its own limit
        "DuckDB may use no more memory: raise FPW_MEMORY_LIMIT if the machine has more, or lower FPW_THREADS; "
        "then refresh again.",
    ),
    (r"out of memory|memoryerror|cannot allocate memory|bad[ _]alloc", f"Memory ran out: {LESS_MEMORY}"),
    (
        r"read-?only (file system|database)|permission denied|operation not permitted",
        "Let this user write to that folder, or to the folder of that file, and to all in it; then refresh again.",
    ),
)
OF_THE_MACHINE = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.ENOMEM, errno.EMFILE, errno.ENFILE)
)
"""Numbers of errors that reading a raw file never gives, so that the file is not to blame."""


def advice(words: str) -> str | None:
    """The mend for a full disk, for memory that ran out or a missing permission; None when the words tell of none."""
    return next((mend for pattern, mend in _ADVICE if re.search(pattern, words, re.IGNORECASE)), None)


def in_short(message: str) -> str:
    """An error's message in one line, without the general hints that DuckDB and SQLAlchemy add."""
    return re.split(r" Possible solutions:| \[SQL: ", " ".join(message.split()))[0]


def advised(sentence: str) -> str:
    """The sentence, with the mend behind it when the machine failed and the sentence does not say one."""
    mend = advice(sentence)
    return sentence if mend is None or "refresh again" in sentence else f"{sentence.rstrip('. ')}. {mend}"
