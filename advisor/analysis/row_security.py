"""Row security: which conditions the policies of a table add to what a role asks of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from advisor.catalog.roles import Role
from advisor.catalog.schema import Policy, Schema, Table
from advisor.catalog.snapshot_model import Snapshot

COMMANDS = {"read": "r", "update": "w", "delete": "d", "merge": "w"}
"""What `pg_policy.polcmd` calls the use of a table that has each role in a statement; an INSERT sees no rows."""


@dataclass(frozen=True, slots=True)
class Asker:
    """A role that asks, with what decides which policies apply to it."""

    role: str | None
    """`None` for the owner of everything."""
    roles: Mapping[str, Role] = field(default_factory=dict)
    owners: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Owner of each view and of each table with row security."""

    def within(self, view: Table) -> Asker:
        """Return who asks the tables behind a view."""
        owner = self.owners.get((view.schema, view.name))
        return self if view.security_invoker or owner == self.role else Asker(owner, self.roles, self.owners)

    def has(self, wanted: str) -> bool:
        """Return whether the role has the rights of another one without `SET ROLE`."""
        seen, pending = set(), [self.role] if self.role else []
        while pending:
            name = pending.pop()
            if name == wanted:
                return True
            seen.add(name)
            known = self.roles.get(name)
            pending += [one.role for one in (known.member_of if known else ()) if one.inherit and one.role not in seen]
        return False

    def guarded(self, table: Table) -> bool:
        """Return whether the policies of a table apply to the role."""
        if not table.row_security:
            return False
        known = self.roles.get(self.role) if self.role else None
        if known is not None and known.bypass_row_security:
            return False
        owner = self.owners.get((table.schema, table.name))
        owns = self.role is None or (owner is not None and self.has(owner))
        return table.force_row_security or not owns

    def conditions(self, table: Table, command: str) -> Iterator[str]:
        """Yield the conditions, as SQL, that the policies of a guarded table add; all of them hold."""
        for wanted in dict.fromkeys((command, "r")):
            found = [one for one in table.policies if one.command in ("*", wanted) and self._for(one)]
            yield from (one.using for one in found if not one.permissive and one.using)
            opened = [one.using for one in found if one.permissive]
            if opened and all(opened):
                yield " OR ".join(f"({one})" for one in opened) if len(opened) > 1 else str(opened[0])

    def _for(self, policy: Policy) -> bool:
        return not policy.roles or any(self.has(role) for role in policy.roles)


def askers(snapshot: Snapshot, schema: Schema, role: str | None) -> Asker | None:
    """Return who asks, `None` where nothing in the schema depends on it."""
    if not any(table.row_security for table in schema.tables.values()):
        return None
    return Asker(role, {one.name: one for one in snapshot.roles}, snapshot.owners)
