"""One warm process a target: imports and the server are made once, and each mutant is tried in a fork of it."""

from __future__ import annotations

import ast
import gc
import importlib
import importlib.abc
import importlib.util
import json
import os
import pkgutil
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from hypothesis import Phase, settings
from psycopg import sql

from benchmarks.mutants.plugins import Chosen, Reached, Recording, Shared
from benchmarks.mutants.targets import ROOT

MEMORY = 6 * 2**30
"""Bytes of data that a try may take."""
SLACK = 4.0
"""How many times as long as without a fault a try may take, in CPU seconds and on the clock."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try ended."""

    failed: bool
    cpu_s: float
    clock_s: float
    output: str


class Warm:
    """Everything that the tests import, and a server, ready to be forked."""

    def __init__(self, tests: Sequence[str], modules: Sequence[Path]) -> None:
        self.tests, self.modules = tests, [str(path) for path in modules]
        settings.register_profile(
            "mutants", derandomize=True, deadline=None, database=None, phases=(Phase.explicit, Phase.generate)
        )
        settings.load_profile("mutants")
        os.environ.pop("CI", None)
        sys.dont_write_bytecode = True
        _import_all(tests)
        from advisor.twin.servers.server import Server, embedded_binaries

        self.server = Server(embedded_binaries(), {"shared_preload_libraries": "pg_stat_statements"})
        _forget(set(self.modules))
        gc.collect()
        gc.freeze()

    def __enter__(self) -> Warm:
        """Start the server."""
        self.server.__enter__()
        return self

    def __exit__(self, *what: object) -> None:
        """Stop it."""
        self.server.__exit__(*what)

    def baseline(self) -> tuple[Outcome, Reached]:
        """Run the tests without a fault; return how it went, and which lines of the modules each executes."""
        with tempfile.NamedTemporaryFile("r", suffix=".json") as kept:
            outcome = self._forked(None, Recording(self.server, self.modules, Path(kept.name)), None)
            text = kept.read()
        return outcome, json.loads(text) if text else {}

    def tried(self, path: Path, tree: ast.Module, wanted: frozenset[str] | None, usual: Outcome) -> Outcome:
        """Run the tests named (all of them for `None`) with this tree in place of the module."""
        return self._forked((path, compile(tree, str(path), "exec")), Chosen(self.server, wanted), usual)

    def _forked(self, fault: tuple[Path, CodeType] | None, plugin: Shared, usual: Outcome | None) -> Outcome:
        with tempfile.TemporaryFile("w+") as output:
            begin, child = time.monotonic(), os.fork()
            if child == 0:
                _child(self.tests, fault, plugin, usual, output.fileno())
            status, used = _waited(child, None if usual is None else 30 + SLACK * usual.clock_s)
            output.seek(0)
            cpu = used.ru_utime + used.ru_stime
            outcome = Outcome(status != 0, cpu, time.monotonic() - begin, output.read())
        _swept(self.server)
        return outcome


def _import_all(tests: Sequence[str]) -> None:
    advisor = importlib.import_module("advisor")
    for module in pkgutil.walk_packages(advisor.__path__, "advisor."):
        if not module.name.endswith(("__main__", ".entry", ".child", ".worker")):
            importlib.import_module(module.name)
    for path in _test_files(tests):
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def _test_files(tests: Sequence[str]) -> Iterator[Path]:
    for name in tests:
        path = ROOT / name
        yield from sorted(path.rglob("test_*.py")) if path.is_dir() else [path]


def _forget(files: set[str]) -> None:
    """Forget the tests, the modules with these files, and every module that imports one of them, however."""
    mine = {name: module for name, module in sys.modules.items() if name.split(".")[0] in ("advisor", "tests")}
    sources = {name: Path(m.__file__).read_text() for name, m in mine.items() if getattr(m, "__file__", None)}
    gone = {name for name, m in mine.items() if name.startswith("tests") or getattr(m, "__file__", "") in files}
    gone |= {name for name, text in sources.items() if "import_module" in text}
    imports = {name: _imported(text) for name, text in sources.items()}
    while more := {name for name in sources if name not in gone and imports[name] & gone}:
        gone |= more
    for name in sorted(gone):
        package, _, last = name.rpartition(".")
        sys.modules.pop(name, None)
        if package in sys.modules:
            vars(sys.modules[package]).pop(last, None)


def _imported(text: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def _child(
    tests: Sequence[str], fault: tuple[Path, CodeType] | None, plugin: Shared, usual: Outcome | None, output: int
) -> None:
    """Run the tests and end the process; never returns."""
    code = 3
    try:
        os.setpgid(0, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        if usual is not None:
            limit = int(10 + SLACK * usual.cpu_s)
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
        if fault is not None:
            sys.meta_path.insert(0, _Finder(*fault))
        options = ["-x", "--assert=plain", "--disable-plugin-autoload", "-p", "no:unraisableexception"]
        code = int(pytest.main([*options, *tests], plugins=[plugin]))
        code = 0 if code == pytest.ExitCode.NO_TESTS_COLLECTED else code
        sys.stdout.flush()
    finally:
        os._exit(code)


def _waited(child: int, limit_s: float | None) -> tuple[int, resource.struct_rusage]:
    end = time.monotonic() + (limit_s or 3600)
    while True:
        pid, status, used = os.wait4(child, os.WNOHANG)
        if pid:
            return status, used
        if time.monotonic() > end:
            os.killpg(child, signal.SIGKILL)
            end += 60
        time.sleep(0.01)


def _swept(server: Any) -> None:
    """Drop what a try left on the server: the next one begins as the first did."""
    with server.connect() as connection:
        names = connection.execute("SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'")
        for (name,) in names.fetchall():
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        roles = connection.execute("SELECT rolname FROM pg_roles WHERE oid >= 16384")
        for (name,) in roles.fetchall():
            connection.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(sql.Identifier(name)))


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from a code object of ours."""

    def __init__(self, path: Path, code: CodeType) -> None:
        self.path, self.code = path, code
        self.name = ".".join(path.relative_to(ROOT).with_suffix("").parts)

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def get_filename(self, fullname: str) -> str:
        return str(self.path)

    def exec_module(self, module: Any) -> None:
        exec(self.code, vars(module))
