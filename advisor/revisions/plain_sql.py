"""The same change as plain SQL, for teams without Alembic: run it with psql, outside a transaction."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from advisor.catalog.index import IndexDefinition, quote_identifier
from advisor.catalog.schema import Schema
from advisor.indexes.proposal import IndexProposal
from advisor.revisions.body import analyze_source
from advisor.revisions.change import Change, changes
from advisor.revisions.concurrently import BUILD_LOCK_TIMEOUT, DROP_NOTE, PARENT_NOTE
from advisor.revisions.escape import qualified
from advisor.revisions.message import TEXT_WIDTH, title
from advisor.revisions.partitions import body_sql, leaves, member_name
from advisor.revisions.redact_revisions import redacted_change
from advisor.revisions.statistics_revision import statistics_changes, statistics_sql, statistics_title
from advisor.revisions.timeouts import EXTENSION_LOCK_TIMEOUT, brief_lock_timeout, kept, restored
from advisor.rules.finding import Finding


def plain_sql(change: Change) -> str:
    """Return the statements of a change, one per line, timeouts set and reset; squawk finds nothing in them."""
    if change.definition is None:
        return _timed([f"CREATE EXTENSION IF NOT EXISTS {quote_identifier(change.name)};"], EXTENSION_LOCK_TIMEOUT)
    if change.kind == "drop":
        return _drop(change, change.definition)
    return _create(change, change.definition)


def plain_sql_script(
    proposals: Sequence[IndexProposal],
    schema: Schema | None = None,
    findings: Sequence[Finding] = (),
    *,
    redact: bool = False,
) -> str:
    """Return all changes as one SQL script, statistics objects last; run it with psql, never inside a transaction.

    With `redact` a comment names the constants that an index needs. Raises `RevisionError` as `write_revisions` does.
    """
    wanted = changes(proposals, schema)
    wanted = tuple(map(redacted_change, wanted)) if redact else wanted
    parts = [f"-- {title(change)}\n{_remark(change)}{plain_sql(change)}" for change in wanted]
    parts += [f"-- {statistics_title(one)}\n{statistics_sql(one)}" for one in statistics_changes(findings)]
    return "\n".join(parts)


def _remark(change: Change) -> str:
    return "".join(f"-- {line}\n" for line in textwrap.wrap(change.remark, TEXT_WIDTH))


def _drop(change: Change, definition: IndexDefinition) -> str:
    name = qualified(definition.schema, change.name)
    if change.partitioned:
        return _timed([f"{DROP_NOTE}DROP INDEX IF EXISTS {name};"], brief_lock_timeout(len(change.partitions)))
    return _timed([f"DROP INDEX CONCURRENTLY IF EXISTS {name};"], BUILD_LOCK_TIMEOUT)


def _create(change: Change, definition: IndexDefinition) -> str:
    body = body_sql(definition, nulls_not_distinct=change.nulls_not_distinct)
    unique = "UNIQUE " if definition.unique else ""
    if change.partitioned:
        return _timed([*_leaves(change, unique, body), *_parent(change, unique, body)], BUILD_LOCK_TIMEOUT)
    name, table = quote_identifier(change.name), definition.qualified_table
    statement = f"CREATE {unique}INDEX CONCURRENTLY IF NOT EXISTS {name} ON {table} {body};"
    return _timed([statement, *_analysed(definition)], BUILD_LOCK_TIMEOUT)


def _analysed(definition: IndexDefinition) -> list[str]:
    return [f"ANALYZE {definition.qualified_table};"] if analyze_source(definition) else []


def _parent(change: Change, unique: str, body: str) -> list[str]:
    """Return the statements that make one index of those of the leaves; it builds nothing."""
    assert change.definition is not None
    analysed = _analysed(change.definition)
    again = [f"SET lock_timeout = '{BUILD_LOCK_TIMEOUT}';", *analysed] if analysed else []
    name, table = quote_identifier(change.name), change.definition.qualified_table
    return [
        f"SET lock_timeout = '{brief_lock_timeout(len(change.partitions))}';",
        f"{PARENT_NOTE}CREATE {unique}INDEX IF NOT EXISTS {name} ON {table} {body};",
        *again,
    ]


def _leaves(change: Change, unique: str, body: str) -> list[str]:
    return [
        f"CREATE {unique}INDEX CONCURRENTLY IF NOT EXISTS {quote_identifier(member_name(change, partition))}"
        f" ON {qualified(partition.schema, partition.table)} {body};"
        for partition in leaves(change)
    ]


def _timed(statements: list[str], lock_timeout: str) -> str:
    chosen = ["SET statement_timeout = 0;", f"SET lock_timeout = '{lock_timeout}';"]
    before, after = ([f"{statement};" for statement in part] for part in (kept(), restored()))
    return "\n".join([*before, *chosen, *statements, *after]) + "\n"
