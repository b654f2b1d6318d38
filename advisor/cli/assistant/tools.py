"""The tools, as plain functions over files below one folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from advisor.cli.assistant.commands import database, told
from advisor.cli.assistant.within import within
from advisor.errors import InputError


@dataclass(frozen=True, slots=True)
class Tools:
    """What an assistant may call; every argument that names a file is looked up below `root`."""

    root: Path

    def all(self) -> list[Callable[..., str]]:
        """Return the tools, by name."""
        return [self.advise, self.capture, self.check, self.explain_proposal, self.plan, self.rule]

    def advise(self, inputs: list[str], snapshot: str | None = None, schema: str | None = None) -> str:
        """Propose indexes and report findings (N+1 and more) for a PostgreSQL workload; returns the JSON report.

        inputs: logs, pg_stat_statements exports or workload files. snapshot: a folder that `advisor snapshot` wrote.
        schema: a schema dump (pg_dump --schema-only) instead, without statistics.
        """
        return told(
            ["--isolated", "advise", *self._paths(inputs), *self._database(snapshot, schema), "--format", "json", "-q"],
            self.root,
        )

    def capture(self, inputs: list[str]) -> str:
        """Read logs and exports; returns what was understood of them, what was left out, and the queries, as JSON."""
        return told(["--isolated", "capture", *self._paths(inputs), "--format", "json", "-q"], self.root)

    def check(self, snapshot: str, baseline: str, inputs: list[str] | None = None) -> str:
        """Plan accepted queries anew on a snapshot and compare with the baseline; returns the verdicts as JSON.

        inputs: logs or lists of statements that a merge would run. No migration is run.
        """
        where = ["--snapshot", within(self.root, snapshot), "--baseline", within(self.root, baseline)]
        return told(["--isolated", "check", *self._paths(inputs or []), *where, "--format", "json", "-q"], self.root)

    def explain_proposal(self, report: str, proposal: str) -> str:
        """Return one proposal of a saved JSON report, with the queries it serves and the findings about it."""
        document = _document(Path(within(self.root, report)), report)
        found = [one for one in document.get("proposals", []) if one.get("id") == proposal]
        if not found:
            known = ", ".join(str(one.get("id")) for one in document.get("proposals", [])) or "none"
            raise InputError(f"there is no proposal {proposal!r}", where=report, do=f"use one of: {known}")
        served = {one.get("query") for one in found[0].get("queries", [])}
        queries = [one for one in document.get("queries", []) if one.get("id") in served]
        findings = [one for one in document.get("findings", []) if one.get("proposal") == proposal]
        return msgspec.json.encode({"proposal": found[0], "queries": queries, "findings": findings}).decode()

    def plan(self, statement: str, snapshot: str | None = None, schema: str | None = None) -> str:
        """Return the plan that production would choose for one statement, as JSON; it is planned, never executed."""
        where = self._database(snapshot, schema)
        return told([*where, statement], self.root, module="advisor.cli.assistant.plan_of", fine=(0,))

    def rule(self, code: str) -> str:
        """Return the page of a rule or of a verdict's code (NPO001, PLN003, …): what, why, example, remedy."""
        if not code.isalnum():
            raise InputError("this is no code of a rule", where="code", do="give one like NPO001")
        return told(["--isolated", "rule", code], self.root, fine=(0,))

    def _paths(self, names: list[str]) -> list[str]:
        return [within(self.root, name) for name in names]

    def _database(self, snapshot: str | None, schema: str | None) -> list[str]:
        folder, dump = (within(self.root, name) if name else None for name in (snapshot, schema))
        return database(folder, dump)


def _document(path: Path, name: str) -> dict[str, Any]:
    """Return a saved report; raises `InputError` for what is no JSON object."""
    try:
        document = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(f"this is no JSON report: {error}", where=name, do="save one with advise --save") from None
    if not isinstance(document, dict):
        raise InputError("this is no JSON report", where=name, do="save one with advise --save")
    return document
