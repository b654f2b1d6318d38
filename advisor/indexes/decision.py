"""What a team has decided of proposals: accepted ones fail no run, rejected ones are not made; each with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Literal

from advisor.catalog.index import IndexDefinition
from advisor.config import refuse_unknown
from advisor.errors import UsageError
from advisor.own_file import converted


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision: it means the proposals that meet every condition that is given."""

    decision: Literal["accepted", "rejected"]
    """What was decided; a rejected proposal is not made again."""
    reason: str
    """Why; never empty."""
    expires: date | None = None
    """Last day on which it holds."""
    id: str | None = None
    """Id of one proposal, as the JSON report gives it."""
    table: str | None = None
    """Table of the index, with its schema or without."""
    action: Literal["create", "drop"] | None = None
    """Only new indexes (replacing ones are new as well), or only drops."""

    def means(self, identifier: str, definition: IndexDefinition, *, drop: bool = False) -> bool:
        """Return whether it means the proposal of this id and definition."""
        return (
            self.id in (None, identifier)
            and self.table in (None, definition.table, f"{definition.schema}.{definition.table}")
            and self.action in (None, "drop" if drop else "create")
        )

    @property
    def told(self) -> str:
        """Return the reason, and until when the decision holds where it ends."""
        return f"{self.reason} (until {self.expires})" if self.expires else self.reason


def read_decisions(entries: Iterable[Mapping[str, Any]], where: str) -> tuple[Decision, ...]:
    """Return decisions from the tables `proposals` of a configuration or baseline file.

    Raises `UsageError` for an unknown key, a missing reason, a date that is none, or one that would mean everything.
    """
    return tuple(_read(entry, where, f"proposals[{number}]") for number, entry in enumerate(entries))


def _read(entry: Mapping[str, Any], where: str, root: str) -> Decision:
    place = f"{where}: {root}"
    for key in entry:
        refuse_unknown(key, key, (field.name for field in fields(Decision)), place)
    if not entry.keys() & {"id", "table"}:
        raise UsageError("a decision must say of which proposals", where=place, do="add id, or table")
    do = 'write decision = "accepted" or "rejected", reason = "…", expires = 2026-12-31'
    read = converted(dict(entry), Decision, where, do, UsageError, root=root)
    if not read.reason.strip():
        raise UsageError("a decision needs a reason", where=place, do='add reason = "…"')
    return read
