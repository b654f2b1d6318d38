"""Suppressions: findings somebody has looked at and does not want to see again, with the reason and an end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from advisor.config import refuse_unknown
from advisor.errors import UsageError
from advisor.own_file import converted
from advisor.rules.finding import Finding


@dataclass(frozen=True, slots=True)
class Suppression:
    """What to silence: a finding must meet every condition that is given."""

    reason: str
    """Why nobody needs to see it; never empty."""
    expires: date | None = None
    """Last day on which it holds."""
    id: str | None = None
    """Id of one finding, as the JSON report gives it."""
    code: str | None = None
    """Code, code prefix or name of the rule."""
    tables: tuple[str, ...] = ()
    """Tables the finding must name; of an N+1, parent and child."""
    tag: str | None = None
    """`key=value` of a comment tag."""
    application: str | None = None
    """Application name of the session that sent it."""

    def meets(self, finding: Finding) -> bool:
        """Return whether the finding is one that this suppression means."""
        return (
            self.id in (None, finding.id)
            and (self.code is None or self.code == finding.name or finding.code.startswith(self.code.upper()))
            and set(self.tables) <= _tables(finding)
            and self.application in (None, finding.facts.get("application"))
            and (self.tag is None or self.tag in _tags(finding))
        )


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Findings sorted into those to report and those silenced, and the suppressions that need a look."""

    kept: tuple[Finding, ...]
    silenced: tuple[tuple[Finding, Suppression], ...]
    unused: tuple[Suppression, ...]
    """Suppressions that silenced nothing: the problem is gone, or they never meant it."""
    expired: tuple[Suppression, ...]


def suppress(findings: Sequence[Finding], suppressions: Sequence[Suppression], today: date) -> Suppressed:
    """Return the findings that no suppression in force on this day means, and what became of the others."""
    expired = tuple(entry for entry in suppressions if entry.expires and entry.expires < today)
    in_force = [entry for entry in suppressions if entry not in expired]
    kept: list[Finding] = []
    silenced: list[tuple[Finding, Suppression]] = []
    used: set[Suppression] = set()
    for finding in findings:
        meant = [entry for entry in in_force if entry.meets(finding)]
        used.update(meant)
        if meant:
            silenced.append((finding, meant[0]))
        else:
            kept.append(finding)
    unused = tuple(entry for entry in in_force if entry not in used)
    return Suppressed(tuple(kept), tuple(silenced), unused, expired)


def read_suppressions(entries: Iterable[Mapping[str, Any]], where: str) -> tuple[Suppression, ...]:
    """Return suppressions from the tables of a configuration or baseline file.

    Raises `UsageError` for an unknown key, a missing reason, a date that is none, or an entry that means everything.
    """
    return tuple(_read(entry, where, f"suppress[{number}]") for number, entry in enumerate(entries))


def _read(entry: Mapping[str, Any], where: str, root: str) -> Suppression:
    place = f"{where}: {root}"
    for key in entry:
        refuse_unknown(key, key, (field.name for field in fields(Suppression)), place)
    if entry.get("reason", "") == "":
        raise UsageError("a suppression needs a reason", where=place, do='add reason = "…"')
    if not entry.keys() - {"reason", "expires"}:
        raise UsageError("this would silence everything", where=place, do="add id, code, tables, tag or application")
    do = 'write text, tables = ["…"] and expires = 2026-12-31'
    read = converted(dict(entry), Suppression, where, do, UsageError, root=root)
    if not read.reason.strip():
        raise UsageError("a suppression needs a reason", where=place, do='add reason = "…"')
    return read


def _tables(finding: Finding) -> set[str]:
    facts = finding.facts
    named = (finding.table, facts.get("parent_table"), facts.get("child_table"))
    return {name for table in named if table for name in (table, table.rsplit(".", 1)[-1])}


def _tags(finding: Finding) -> set[str]:
    tags: Mapping[str, str] = finding.facts.get("tags") or {}
    return {f"{key}={value}" for key, value in tags.items()}
