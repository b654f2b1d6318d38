"""Forms a table of statement statistics reaches a file in: one module each, found by discovery.

A form module defines `recognise(text) -> bool` on the beginning of the text and `read(text) -> Table`.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import Protocol, cast

from advisor.capture.exports.table import Table


class Form(Protocol):
    """What a module of this package defines."""

    def recognise(self, text: str) -> bool:
        """Return whether the text is in this form."""

    def read(self, text: str) -> Table:
        """Return the text's records under its column names; never raises for malformed text."""


@functools.cache
def forms() -> tuple[Form, ...]:
    """Return the forms, by module name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple(cast(Form, importlib.import_module(f"{__name__}.{name}")) for name in names)


def read_table(text: str) -> Table | None:
    """Return the table the text holds, `None` when no form recognises it."""
    for form in forms():
        if form.recognise(text):
            table = form.read(text)
            if table.columns:
                return table
    return None
