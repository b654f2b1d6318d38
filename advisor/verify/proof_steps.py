"""The steps of one revision's proof, for an index that is built and for one that is dropped.

Every step leaves the database where the next one needs it; the last leaves the revision applied.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from advisor.revisions.model_line import incomparable
from advisor.revisions.revision import Revision
from advisor.verify.model_comparison import differences, reflect_without
from advisor.verify.proof import Step
from advisor.verify.proving import Proving
from advisor.verify.running.scratch import Scratch
from advisor.verify.running.upgrade import History
from advisor.verify.structure import IndexFacts, expected_facts, make_invalid


def create_steps(case: Proving) -> Iterator[Step]:
    """Yield the steps of a revision that builds an index."""
    case.step = "upgrade"
    expected = expected_facts(case.watch, case.definition)
    compared = case.revision.model_snippet and not incomparable(case.definition)
    metadata = reflect_without(case.scratch.url, case.definition) if compared else None
    case.upgrade()
    yield case.passed(True)
    built = case.facts()
    case.step = "valid"
    yield case.passed(bool(built and built.valid), "pg_index.indisvalid and indisready")
    case.step = "definition"
    yield case.passed(built is not None and built.shape == expected.shape, _difference(built, expected))
    if metadata:
        case.step = "model"
        found = differences(case.scratch.url, metadata, case.revision.model_snippet, case.definition, case.name)
        yield case.passed(not found, "; ".join(found) or "alembic check is clean with the model line")
    yield from _undone(case, built)
    yield from _healed(case, built)
    case.step = "offline"
    case.run_offline()
    yield case.passed(case.facts() == built and case.stamped(), "the --sql output builds the same index")


def _undone(case: Proving, built: IndexFacts | None) -> Iterator[Step]:
    """Undo, do again, and leave the revision undone."""
    case.step = "downgrade"
    case.downgrade()
    yield case.passed(True)
    case.step = "gone"
    yield case.passed(case.facts() is None)
    case.step = "upgrade-again"
    case.upgrade()
    yield case.passed(case.facts() == built)
    case.downgrade()


def _healed(case: Proving, built: IndexFacts | None) -> Iterator[Step]:
    """Fail half-way, run again, and leave the revision undone."""
    case.step = "fails-loudly"
    if store := case.store():
        yield _cut_off(case, *store)
        case.step = "heals"
        case.upgrade()
        yield case.passed(case.facts() == built and case.stamped(), "the INVALID leftover was removed and built anew")
        case.downgrade()


def _cut_off(case: Proving, table: tuple[str, str], lockable: bool) -> Step:
    complaint = case.cut_off(table) if lockable else "an INVALID index of this name was left behind"
    if not lockable:
        # Nobody writes to a materialised view: leave behind what a lost server would.
        case.watch.execute(case.definition.ddl(case.name).encode())
        with case.scratch.connect() as superuser:
            make_invalid(superuser, case.definition, case.name)
    left = case.facts()
    loud = complaint is not None and not (left and left.valid) and not case.stamped()
    return case.passed(loud, complaint or "the build was not held up by an open writer")


def drop_steps(case: Proving) -> Iterator[Step]:
    """Yield the steps of a revision that drops an index."""
    case.step = "present"
    before = case.facts()
    yield case.passed(before is not None, "" if before else f"there is no index {case.name} to drop")
    if before is None:
        return
    case.step = "upgrade"
    case.upgrade()
    yield case.passed(True)
    case.step = "gone"
    yield case.passed(case.facts() is None)
    case.step = "downgrade"
    case.downgrade()
    back = case.facts()
    yield case.passed(back == before, _difference(back, before))
    yield from _drop_healed(case)
    case.step = "offline"
    case.run_offline()
    yield case.passed(case.facts() is None and case.stamped(), "the --sql output drops it as well")


def _drop_healed(case: Proving) -> Iterator[Step]:
    case.step = "fails-loudly"
    store = case.store()
    if store and store[1]:
        complaint = case.cut_off(store[0])
        loud = complaint is not None and not case.stamped()
        yield case.passed(loud, complaint or "the drop was not held up by an open writer")
        case.step = "heals"
        case.upgrade()
        yield case.passed(case.facts() is None and case.stamped())
        case.downgrade()


def _difference(built: IndexFacts | None, expected: IndexFacts) -> str:
    if built is None:
        return "there is no such index"
    pairs = zip(built.shape, expected.shape, strict=True)
    return "; ".join(f"{is_!r} instead of {should!r}" for is_, should in pairs if is_ != should)


def extension_steps(history: History, scratch: Scratch, revision: Revision) -> Iterator[Step]:
    """Yield the steps of a revision that creates an extension; its downgrade leaves the extension on purpose."""
    history.upgrade(scratch.url, revision.revision)
    yield Step("upgrade", True)
    with scratch.connect() as connection:
        yield Step("present", _has_extension(connection, revision.index))


def _has_extension(connection: psycopg.Connection, name: str) -> bool:
    return connection.execute("SELECT FROM pg_extension WHERE extname = %s", (name,)).fetchone() is not None
