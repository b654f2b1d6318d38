"""What `advisor check` says of a change: the files a team has, and the command run on them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from advisor.catalog.snapshot import Snapshot
from advisor.catalog.snapshots.folder import save_snapshot
from advisor.cli.check_command import command
from advisor.errors import AdvisorError
from benchmarks.gate.change import Change
from benchmarks.gate.shop import Statement

_INI = "[alembic]\nscript_location = %(here)s/migrations\n"
_REVISION = '''"""{name}."""
from alembic import op
revision = "{name}"
down_revision = {down!r}


def upgrade():
{body}


def downgrade():
    pass
'''


@dataclass(frozen=True)
class Said:
    """The outcome of one check."""

    status: int
    verdicts: tuple[dict[str, Any], ...]
    output: str

    @property
    def gist(self) -> str:
        """Return what stands in the output where there is no verdict."""
        told = json.loads(self.output) if self.output.startswith("{") else {"unapplied": [self.output[-300:]]}
        return f"nothing said of {told.get('checked')} {told['unapplied'] or ''}"

    @property
    def failing(self) -> tuple[dict[str, Any], ...]:
        """Return the verdicts that fail."""
        return tuple(one for one in self.verdicts if one["level"] == "fail")

    @property
    def silent(self) -> bool:
        """Return whether the plans pass: no verdict on them fails, and nothing was left out."""
        return not self.failing and self.status != 2


class Team:
    """A checkout with a snapshot and an accepted baseline."""

    def __init__(self, folder: Path, snapshot: Snapshot, statements: Sequence[Statement], *, bound: bool) -> None:
        self.folder, self.bound = folder, bound
        folder.mkdir(parents=True)
        save_snapshot(snapshot, folder / "prod")
        self.write(statements, folder / "workload.log" if bound else folder / "workload.sql")
        done = self.check(folder / ("workload.log" if bound else "workload.sql"), "--update-baseline")
        assert done.status == 0, done.output
        accepted = json.loads((folder / "plans.json").read_text())["queries"]
        self.ids = {
            plan["statement"]["text"]: key for key, query in accepted.items() for plan in query["plans"]
        }  # fmt: skip

    def write(self, statements: Sequence[Statement], path: Path) -> None:
        """Write statements as a log with bound parameters, or as a list."""
        if self.bound:
            path.write_text("".join(_logged(number, one) for number, one in enumerate(statements)))
        else:
            path.write_text("".join(f"{one.literal};\n" for one in statements))

    def id(self, statement: Statement) -> str | None:
        """Return the query id that the baseline has for a statement."""
        sent = statement.text if self.bound and statement.values else statement.literal
        return self.ids.get(sent)

    def judged(self, change: Change, revisions: Sequence[tuple[str, Sequence[str]]], snapshot: Snapshot | None) -> Said:
        """Return what the gate says of a change."""
        arguments: list[object] = []
        prod = self.folder / "prod"
        if snapshot or change.settings:
            prod = self.folder / "prod_now"
            shutil.rmtree(prod, ignore_errors=True)
            if snapshot:
                save_snapshot(snapshot, prod)
            else:
                shutil.copytree(self.folder / "prod", prod)
                settings = json.loads((prod / "settings.json").read_text())
                (prod / "settings.json").write_text(json.dumps({**settings, **change.settings}))
        if change.statements:
            path = self.folder / ("merge.log" if self.bound else "merge.sql")
            self.write([after for _, after in change.statements], path)
            arguments.append(path)
        if revisions:
            self._environment(revisions)
            arguments += ["--alembic", self.folder / "alembic.ini"]
        return self.check(*arguments, prod=prod)

    def check(self, *arguments: object, prod: Path | None = None) -> Said:
        """Run the command."""
        given = [*arguments, "--snapshot", prod or self.folder / "prod", "--baseline", self.folder / "plans.json"]
        done = CliRunner().invoke(command, [*map(str, given), "--format", "json", "-q"])
        if isinstance(done.exception, AdvisorError):
            return Said(2, (), f"{done.exception}")
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        told = json.loads(done.stdout)["verdicts"] if done.stdout.startswith("{") else ()
        # What migrations lock has a truth of its own (`benchmarks.migrations`).
        verdicts = tuple(one for one in told if not one["code"].startswith("MIG"))
        return Said(done.exit_code, verdicts, done.output)

    def _environment(self, revisions: Sequence[tuple[str, Sequence[str]]]) -> None:
        shutil.rmtree(self.folder / "migrations", ignore_errors=True)
        versions = self.folder / "migrations" / "versions"
        versions.mkdir(parents=True)
        (self.folder / "alembic.ini").write_text(_INI)
        (versions.parent / "env.py").write_text("raise SystemExit('env.py was run')\n")
        down = None
        for name, statements in revisions:
            body = "\n".join(f"    op.execute({_escaped(one)!r})" for one in statements) or "    pass"
            (versions / f"{name}.py").write_text(_REVISION.format(name=name, down=down, body=body))
            down = name


def _escaped(statement: str) -> str:
    return statement.replace(":", "\\:") if "::" not in statement else statement


def _logged(number: int, statement: Statement) -> str:
    begin = f"2026-11-30 10:{number // 60:02}:{number % 60:02}.000 UTC [77] app@shop "
    if not statement.values:
        return f"{begin}LOG:  duration: 0.500 ms  statement: {statement.text}\n"
    listed = ", ".join(f"${place} = {_quoted(value)}" for place, value in enumerate(statement.values, 1))
    return (
        f"{begin}LOG:  duration: 0.500 ms  execute <unnamed>: {statement.text}\n{begin}DETAIL:  Parameters: {listed}\n"
    )


def _quoted(value: str) -> str:
    return value if value.startswith("'") else f"'{value}'"
