"""Runs an example system as its users would see it: seeded, driven, logged, snapshotted, advised on."""

from __future__ import annotations

import importlib.util
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from advisor.catalog.snapshot import take_snapshot
from advisor.indexes.index_options import AdviseOptions
from advisor.indexes.proposal import IndexProposal
from advisor.output.report import Report
from advisor.pipeline.straight_line import advise_on, analyse_workload
from advisor.progress import Progress
from advisor.rules.finding import Finding
from advisor.twin.servers.server import Server, embedded_binaries
from advisor.twin.start import start_twin
from advisor.workload.collect import collect

SYSTEMS = Path(__file__).parents[2] / "sql" / "systems"
LOGGED = {"log_min_duration_statement": "0", "log_line_prefix": "%m [%p] %c %l %v %x %q%u@%d/%a ",
          "log_connections": "on", "log_disconnections": "on", "log_temp_files": "0"}  # fmt: skip


def load_driver(system: Path) -> ModuleType:
    """Import a system's `workload.py`."""
    name = f"{system.name}_workload"
    spec = importlib.util.spec_from_file_location(name, system / "workload.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def seed(server: Server, database: str, system: Path) -> None:
    """Load a system's schema and rows into an existing database."""
    files = ["-f", str(system / "schema.sql"), "-f", str(system / "seed.sql")]
    done = server.run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, *files)
    assert done.returncode == 0, done.stderr


def report_on(system: Path, requests: int, folder: Path, connections: int = 2) -> Report:
    """Return what the advisor says after a system has served that many requests."""
    log = folder / f"{system.name}.log"
    with Server(embedded_binaries()) as server:
        with server.connect() as connection:
            connection.execute("CREATE DATABASE app")
        seed(server, "app", system)
        with server.connect("app") as connection:
            connection.execute("SELECT pg_stat_reset()")
            for name, value in LOGGED.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute("SELECT pg_reload_conf()")
        begin = server.log.stat().st_size
        load_driver(system).run(server.url("app"), requests, 1, connections=connections)
        log.write_bytes(server.log.read_bytes()[begin:])
        snapshot = take_snapshot(server.url("app"))
    with start_twin(snapshot) as twin:
        analysed = analyse_workload(collect([str(log)], log_line_prefix=LOGGED["log_line_prefix"]), twin)
        return advise_on(analysed, twin, AdviseOptions(), Progress(quiet=True))


@dataclass(frozen=True)
class Expected:
    """A system's `expected.toml`."""

    indexes: tuple[Mapping[str, Any], ...]
    findings: tuple[Mapping[str, Any], ...]


def expected(system: Path) -> Expected:
    """Read what must and must not be said about a system."""
    document = tomllib.loads((system / "expected.toml").read_text())
    return Expected(tuple(document.get("index", ())), tuple(document.get("finding", ())))


def proposes(proposal: IndexProposal, entry: Mapping[str, Any]) -> bool:
    """Return whether a proposal is one of the forms an entry allows (or forbids)."""
    table = proposal.definition.table == entry["table"] and proposal.action != "drop"
    return table and any(_is_form(proposal, form, exactly=not entry["appears"]) for form in entry["forms"])


def _is_form(proposal: IndexProposal, form: Mapping[str, Any], *, exactly: bool) -> bool:
    definition = proposal.definition
    keys = [key.column or key.expression for key in definition.keys]
    wanted = list(form["columns"])
    begins = keys == wanted if exactly else keys[: len(wanted)] == wanted
    payload = {*keys, *definition.include}
    covers = set(form.get("covering", ())) <= payload
    partial = form["where"] in (definition.where or "") if "where" in form else True
    method = definition.method == form.get("method", definition.method)
    return begins and covers and partial and method


def reports(finding: Finding, entry: Mapping[str, Any]) -> bool:
    """Return whether a finding is the one an entry names."""
    table = (finding.table or "").rpartition(".")[2].strip('"')
    evidence = finding.facts
    return (
        finding.name == entry["name"]
        and entry.get("table", table) == table
        and entry.get("parent", evidence.get("parent_table")) == evidence.get("parent_table")
        and entry.get("child", evidence.get("child_table")) == evidence.get("child_table")
        and all(text in finding.fix for text in entry.get("fix", ()))
    )
