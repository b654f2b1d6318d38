"""Roles as far as plans depend on them: who may pass over row security, who is a member of whom.

No password, no other attribute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Membership:
    """What a role was granted: another role."""

    role: str
    inherit: bool = True
    """Whether it has that role's rights without `SET ROLE`: then policies for that role are its own, too."""
    set: bool = True
    """Whether it may `SET ROLE` to it."""


@dataclass(frozen=True, slots=True, order=True)
class Role:
    """A role of the server."""

    name: str
    bypass_row_security: bool = False
    """BYPASSRLS, or superuser: no policy applies to it."""
    member_of: tuple[Membership, ...] = ()


@dataclass(frozen=True, slots=True)
class Tablespace:
    """A tablespace with costs of its own."""

    name: str
    settings: Mapping[str, str]
    """`random_page_cost`, `seq_page_cost`, `effective_io_concurrency`: those that are set."""
    relations: tuple[tuple[str, str], ...] = ()
    """Schema and name of the tables and indexes that were put there."""
    database_default: bool = False
    """Whether everything without a tablespace of its own is there."""


def role_from_record(record: Mapping[str, object]) -> Role:
    """Return the role that `sql/export/database.sql` wrote; of a membership by several grantors the widest counts."""
    granted: dict[str, Membership] = {}
    for one in record["member_of"]:  # type: ignore[attr-defined]
        known = granted.get(one["role"])
        inherit, set_ = one.get("inherit", True), one.get("set", True)
        if known:
            inherit, set_ = inherit or known.inherit, set_ or known.set
        granted[one["role"]] = Membership(one["role"], bool(inherit), bool(set_))
    return Role(str(record["name"]), bool(record["bypass_row_security"]), tuple(sorted(granted.values())))


def tablespace_from_record(record: Mapping[str, object]) -> Tablespace:
    """Return the tablespace that `sql/export/database.sql` wrote."""
    settings: Mapping[str, str] = record["settings"]  # type: ignore[assignment]
    relations: Sequence[Sequence[str]] = record["relations"]  # type: ignore[assignment]
    return Tablespace(
        str(record["name"]),
        dict(sorted(settings.items())),
        tuple((schema, name) for schema, name in relations),
        bool(record["database_default"]),
    )


def owners_from_record(record: Mapping[str, Sequence[Sequence[str]]]) -> Mapping[tuple[str, str], str]:
    """Return who owns each relation, from lists of relations by owner."""
    found = {(schema, name): role for role, relations in record.items() for schema, name in relations}
    return dict(sorted(found.items()))


def record_of_owners(owners: Mapping[tuple[str, str], str]) -> Mapping[str, list[list[str]]]:
    """Return lists of relations by owner."""
    found: dict[str, list[list[str]]] = {}
    for (schema, name), role in sorted(owners.items()):
        found.setdefault(role, []).append([schema, name])
    return found
