"""What pytest is told in a try: the server that runs already, the tests to run, and which lines each executes."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from advisor.twin.servers.server import Server

Reached = Mapping[str, Mapping[str, Sequence[int]]]
"""Test to file to the lines that it executes."""


class Shared:
    """A pytest plugin that lends the tests the server that runs already."""

    def __init__(self, server: Server) -> None:
        self.server = server

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Any:
        if fixturedef.argname != "server" or fixturedef.scope != "session":
            return None
        fixturedef.cached_result = (self.server, fixturedef.cache_key(request), None)
        return self.server


class Chosen(Shared):
    """Runs only the tests named."""

    def __init__(self, server: Server, wanted: frozenset[str] | None) -> None:
        super().__init__(server)
        self.wanted = wanted

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        if self.wanted is not None:
            items[:] = [item for item in items if item.nodeid in self.wanted]


class Recording(Shared):
    """Writes down which lines of the modules each test executes."""

    def __init__(self, server: Server, modules: Sequence[str], kept: Path) -> None:
        super().__init__(server)
        self.modules, self.kept = frozenset(modules), kept
        self.reached: dict[str, dict[str, set[int]]] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any, nextitem: Any) -> Iterator[None]:
        lines = self.reached.setdefault(item.nodeid, {})

        def called(frame: FrameType, event: str, argument: Any) -> Any:
            name = frame.f_code.co_filename
            if name not in self.modules:
                return None
            here = lines.setdefault(name, set())

            def executed(frame: FrameType, event: str, argument: Any) -> Any:
                here.add(frame.f_lineno)
                return executed

            here.add(frame.f_lineno)
            return executed

        threading.settrace(called)
        sys.settrace(called)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]

    def pytest_sessionfinish(self) -> None:
        found = {test: {name: sorted(lines) for name, lines in files.items()} for test, files in self.reached.items()}
        self.kept.write_text(json.dumps(found))
