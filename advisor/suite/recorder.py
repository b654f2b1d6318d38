"""Keeps what the current test sends: installs the sources of libraries that are imported, and takes them back."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable
from pathlib import Path

import advisor.suite.sources
from advisor.suite.sent_statement import Statement
from advisor.suite.site import Sites


class Recorder:
    """Records statements between `begin` and `end`."""

    def __init__(self, root: Path) -> None:
        self.sites = Sites(root)
        self.statements: list[Statement] = []
        self.on = False
        self.installed: dict[str, Callable[[], None]] = {}
        names = (one.name for one in pkgutil.iter_modules(advisor.suite.sources.__path__))
        self.sources = [importlib.import_module(f"advisor.suite.sources.{name}") for name in sorted(names)]

    def begin(self) -> None:
        """Start with an empty list; libraries imported since are listened to from now on."""
        for source in self.sources:
            if source.LIBRARY in sys.modules and source.LIBRARY not in self.installed:
                self.installed[source.LIBRARY] = source.install(self.record, self.sites)
        self.statements = []
        self.on = True

    def end(self) -> list[Statement]:
        """Return what was recorded, in order."""
        self.on = False
        return self.statements

    def record(self, statement: Statement) -> None:
        """Take one statement in, when a test runs."""
        if self.on:
            self.statements.append(statement)

    def close(self) -> None:
        """Listen to no library any more."""
        for ended in self.installed.values():
            ended()
        self.installed.clear()
