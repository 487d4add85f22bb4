"""Which encoding a text file has: what its byte order mark says, else UTF-8, else GB18030 (Excel in China)."""

from __future__ import annotations

import codecs
from typing import IO

from breakeven.core.errors import DataError
from breakeven.core.words import say

MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
BLOCK = 1 << 22


def find_encoding(raw: IO[bytes], path: str) -> str:
    """The encoding that decodes the whole file. Reads it to the end: one late byte decides.

    Raises DataError for a file that is not text.
    """
    head = raw.read(4096)
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return encoding
    if b"\0" in head:
        raise _not_text(path)
    for encoding in ("utf-8", "gb18030"):
        raw.seek(0)
        if _decodes(raw, encoding):
            return encoding
    raise _not_text(path)


def _decodes(raw: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while block := raw.read(BLOCK):
            if "\0" in decoder.decode(block):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _not_text(path: str) -> DataError:
    return DataError(
        say("the file is not text in UTF-8, UTF-16 or GB18030"),
        path,
        say("save it as CSV UTF-8, or name it by its true type, such as .parquet"),
    )
