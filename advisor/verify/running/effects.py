"""What each statement of a migration did to tables: locks taken, files written anew, scans, indexes built.

Found by comparing two looks (`look.py`) at the session that ran it. Names are those that tables had before the first
statement, so that production's sizes belong to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from advisor.verify.running.look import Look, Looked, Relation

MODES = (
    "AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock",
    "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock",
)  # fmt: skip
"""Modes of table locks, weakest first, as `pg_locks` names them."""
QUIET = ("ShareUpdateExclusiveLock",)
_ALONE = re.compile(r"(?i)\s*(CREATE|DROP|REINDEX|ALTER\s+TABLE|VACUUM)\b")


@dataclass(frozen=True, slots=True)
class Effect:
    """What one statement did to one table."""

    schema: str
    name: str
    known: bool
    """Whether the table is older than the migrations."""
    mode: str | None = None
    """The strongest lock that the session has on it after the statement; `None` for none."""
    taken: bool = False
    """Whether the statement took it; else an earlier one of the transaction did."""
    rewritten: bool = False
    scanned: bool = False
    indexes: tuple[str, ...] = ()
    """Indexes that were built, or built anew."""
    gone: bool = False
    """Whether the table was dropped."""
    called: str = ""
    """Its name when the statement ran."""

    @property
    def blocks_writes(self) -> bool:
        """Return whether writes wait for the lock."""
        return self.mode is not None and MODES.index(self.mode) >= MODES.index("ShareLock")

    @property
    def blocks_reads(self) -> bool:
        """Return whether reads wait for the lock as well."""
        return self.mode == MODES[-1]


@dataclass(frozen=True, slots=True)
class Step:
    """One statement of a migration and what it did."""

    revision: str
    file: str
    line: int
    text: str
    transaction: str
    """What the statements of one transaction have in common; empty for one that ran without."""
    timeout: str
    """`lock_timeout` when it had run; `0` for none."""
    effects: tuple[Effect, ...] = field(default=())


def steps(looked: Iterable[Looked]) -> tuple[Step, ...]:
    """Return the statements in the order they ran; of one that was run again after a failure the last run."""
    found: dict[tuple[str, int, str], Step] = {}
    before: Look | None = None
    origin: dict[int, tuple[str, str]] = {}
    for one in looked:
        try:
            seen = one.seen()
        except msgspec.DecodeError:
            continue
        if before is None:
            origin = {relation.oid: (relation.schema, relation.name) for relation in seen.relations}
        if one.statement and before is not None:
            key = one.revision, one.line, one.statement
            found.pop(key, None)
            found[key] = _step(one, before, seen, origin)
        before = seen
    return tuple(found.values())


def _step(one: Looked, before: Look, after: Look, origin: Mapping[int, tuple[str, str]]) -> Step:
    together = one.open and before.transaction == after.transaction
    held = _strongest(before.locks) if together else {}
    return Step(
        one.revision, one.path, one.line, one.statement, after.transaction if one.open else "", after.timeout,
        effects(before, after, origin, held=held, text="" if one.open else one.statement),
    )  # fmt: skip


def effects(
    before: Look,
    after: Look,
    origin: Mapping[int, tuple[str, str]],
    *,
    held: Mapping[int, str] | None = None,
    text: str = "",
) -> tuple[Effect, ...]:
    """Return what happened to each table between two looks, by name.

    `held` are the locks that the transaction had; `text` is the statement where it ran without a transaction, so that
    its locks are known from what it is alone.
    """
    old, new = ({one.oid: one for one in look.relations} for look in (before, after))
    modes, held = _strongest(after.locks), held or {}
    built = _built(old, new)
    lone = _alone(text, old, new, built)
    found = []
    for oid in sorted({*old, *new}):
        is_, was = new.get(oid), old.get(oid)
        relation = is_ or was
        if relation is None or relation.kind in "iI":
            continue
        mode = modes.get(oid) or lone.get(oid)
        schema, name = origin.get(oid, (relation.schema, relation.name))
        effect = Effect(
            schema, name, oid in origin, mode, mode is not None and held.get(oid) != mode,
            rewritten=bool(is_ and was and is_.file != was.file),
            scanned=bool(is_) and _scans(was, is_) > 0,
            indexes=tuple(sorted(built.get(oid, ()))),
            gone=is_ is None,
            called=(was or relation).name,
        )  # fmt: skip
        if _matters(effect):
            found.append(effect)
    return tuple(sorted(found, key=lambda one: (one.schema, one.name)))


def _matters(effect: Effect) -> bool:
    strong = effect.mode is not None and MODES.index(effect.mode) >= MODES.index(QUIET[0])
    return strong or effect.rewritten or effect.scanned or bool(effect.indexes) or effect.gone


def _scans(was: Relation | None, is_: Relation | None) -> int:
    """Return the scans between two looks; the count begins anew once it has been reported."""
    if is_ is None:
        return 0
    before = was.scans if was else 0
    return is_.scans - before if is_.scans >= before else is_.scans


def _built(old: Mapping[int, Relation], new: Mapping[int, Relation]) -> dict[int, set[str]]:
    """Return the names of the indexes that are new or have a new file, by their tables' object ids."""
    found: dict[int, set[str]] = {}
    for oid, one in new.items():
        if one.kind == "i" and (oid not in old or old[oid].file != one.file):
            found.setdefault(one.table, set()).add(one.name)
    return found


def _strongest(locks: Sequence[tuple[int, str]]) -> dict[int, str]:
    found: dict[int, str] = {}
    for oid, mode in locks:
        if mode in MODES and (oid not in found or MODES.index(mode) > MODES.index(found[oid])):
            found[oid] = mode
    return found


def _alone(
    text: str, old: Mapping[int, Relation], new: Mapping[int, Relation], built: Mapping[int, set[str]]
) -> dict[int, str]:
    """Return the locks of a statement that may not run in a transaction, by what it did: PostgreSQL manual, 13.3."""
    if not _ALONE.match(text):
        return {}
    if re.match(r"(?i)\s*VACUUM\b", text):
        anew = {oid for oid, one in new.items() if oid in old and old[oid].file != one.file and one.kind in "rm"}
        return dict.fromkeys(anew, MODES[-1])
    lost = {one.table for oid, one in old.items() if one.kind in "iI" and oid not in new}
    return dict.fromkeys({*built, *lost}, QUIET[0])
