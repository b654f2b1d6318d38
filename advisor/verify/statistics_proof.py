"""The steps of the proof of a revision that makes a statistics object."""

from __future__ import annotations

from collections.abc import Iterator

import pglast

from advisor.catalog.extended_statistics import ExtendedStatistics
from advisor.catalog.live.introspect import read_schema
from advisor.revisions.revision import Revision
from advisor.verify.lint import without_version_table
from advisor.verify.proof import Step
from advisor.verify.running.scratch import Scratch
from advisor.verify.running.upgrade import History


def statistics_steps(
    history: History, scratch: Scratch, revision: Revision, down: str, wanted: ExtendedStatistics
) -> Iterator[Step]:
    """Yield the steps: up, down, up again, down, and what `--sql` prints; the last leaves the revision applied."""
    history.upgrade(scratch.url, revision.revision)
    yield Step("upgrade", True)
    made = _existing(scratch, wanted)
    yield Step("definition", _same(made, wanted), _detail(made))
    history.downgrade(scratch.url, down)
    yield Step("downgrade", True)
    yield Step("gone", _existing(scratch, wanted) is None)
    history.upgrade(scratch.url, revision.revision)
    yield Step("upgrade-again", _existing(scratch, wanted) == made)
    history.downgrade(scratch.url, down)
    _run_offline(history, scratch, revision, down)
    yield Step("offline", _existing(scratch, wanted) == made, "the --sql output makes the same object")


def _existing(scratch: Scratch, wanted: ExtendedStatistics) -> ExtendedStatistics | None:
    with scratch.login() as connection:
        table = read_schema(connection).tables.get((wanted.table_schema, wanted.table))
    found = table.extended_statistics if table else ()
    return next((one for one in found if (one.schema, one.name) == (wanted.schema, wanted.name)), None)


def _same(made: ExtendedStatistics | None, wanted: ExtendedStatistics) -> bool:
    return made is not None and set(made.columns) == set(wanted.columns) and made.kinds == wanted.kinds


def _detail(made: ExtendedStatistics | None) -> str:
    return f"{', '.join(made.kinds)} on {', '.join(made.columns)}" if made else "there is no such statistics object"


def _run_offline(history: History, scratch: Scratch, revision: Revision, down: str) -> None:
    text = without_version_table(history.offline_sql(down, revision.revision))
    with scratch.login() as connection:
        for statement in pglast.split(text):
            connection.execute(statement.encode())
