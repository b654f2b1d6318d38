"""One export file, decoded once and read on demand as text, as JSON or as a table."""

from __future__ import annotations

import codecs
from functools import cached_property, lru_cache
from typing import Any

import orjson

from advisor.capture.exports.forms import read_table
from advisor.capture.exports.table import Table

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks: spreadsheet programs write the first, redirection in PowerShell the third."""


FEW = 2
"""Invalid bytes up to which a text is damaged UTF-8 (cut off within a character), not another encoding."""


def decode(data: bytes) -> tuple[str, str]:
    """Return the text of `data` and its encoding; what is neither marked nor UTF-8 is taken for Windows-1252."""
    mark, encoding = next(((mark, name) for mark, name in MARKS if data.startswith(mark)), (b"", "utf-8"))
    text = data[len(mark) :].decode(encoding, errors="replace")
    if not mark and text.count("\ufffd") > FEW:
        encoding = "cp1252"
        text = data.decode(encoding, errors="replace")
    return text.replace("\r\n", "\n"), encoding


class Document:
    """What layout readers look at; every view is made at most once."""

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self.text, self.encoding = decode(data)

    @cached_property
    def lines(self) -> int:
        """Return the number of lines."""
        return self.text.count("\n") + bool(self.text and not self.text.endswith("\n"))

    @cached_property
    def json(self) -> Any:
        """Return the text as JSON, `None` when it is not one JSON value."""
        if self.text.lstrip()[:1] not in ("{", "["):
            return None
        try:
            return orjson.loads(self.text)
        except orjson.JSONDecodeError:
            return None

    @cached_property
    def table(self) -> Table | None:
        """Return the text as a table, `None` when no form recognises it."""
        return read_table(self.text)


@lru_cache(maxsize=2)
def beginning(head: bytes) -> Document:
    """Return the beginning of a file as a document: every layout that is asked about it shares one."""
    return Document(head)
