"""The Python statements of `upgrade()` and `downgrade()`: plain Alembic, nothing of ours imported."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from advisor.catalog.index import IndexDefinition, IndexKey, quote_identifier
from advisor.revisions.change import Change
from advisor.revisions.escape import python_string, text_literal
from advisor.revisions.timeouts import FUNCTIONS, within_transaction

BUILD_LOCK_TIMEOUT = "5min"
"""How long a concurrent build or drop may wait for old transactions. Generous on purpose: waiting blocks nobody, while
giving up leaves an INVALID index behind."""

BRIEF_LOCK_TIMEOUT = "2s"
"""How long a statement may wait whose wait queues the application behind it."""

EXTENSION_TIMEOUT = "1min"

NAMES_WIDTH = 80
"""Characters of the dictionary of names that stand on one line; a call's arguments never fit on one."""


@dataclass(frozen=True, slots=True)
class Body:
    """Source of both functions, unindented, and the imports they need."""

    upgrade: str
    downgrade: str
    imports: str


IS_VALID = '''\
context = op.get_context()

def is_valid():
    """Return pg_index.indisvalid of the index, None when there is no such index."""
    query = sa.text(
        "SELECT i.indisvalid FROM pg_index i"
        " JOIN pg_class c ON c.oid = i.indexrelid"
        " JOIN pg_class t ON t.oid = i.indrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = :schema AND t.relname = :table AND c.relname = :name"
    )
    names = {names}
    return op.get_bind().execute(query, names).scalar()
'''

BUILD = """\
with context.autocommit_block():
    keep_timeouts()
    op.execute("SET statement_timeout = 0")
    op.execute("SET lock_timeout = '{timeout}'")
    try:
        # A build that was cut off leaves an INVALID index of this name behind.
        if not context.as_sql and is_valid() is False:
{heal}
{create}
{analyze}        if not context.as_sql and not is_valid():
            raise RuntimeError(
                {complaint},
            )
    finally:
        restore_timeouts()
"""

TABLESPACE = """\
tablespace = {tablespace}
if not context.as_sql:  # another server may not have it
    known = sa.text("SELECT spcname FROM pg_tablespace WHERE spcname = :name")
    tablespace = op.get_bind().execute(known, {{"name": tablespace}}).scalar()
"""

DROP = """\
with op.get_context().autocommit_block():
    keep_timeouts()
    op.execute("SET statement_timeout = 0")
    op.execute("SET lock_timeout = '{timeout}'")
    try:
{drop}
    finally:
        restore_timeouts()
"""

EXTENSION_STAYS = "# The extension stays: other objects may have come to need it.\npass\n"


def plain_body(change: Change) -> Body:
    """Return the body of a revision for an index on a plain table, or for an extension."""
    if change.definition is None:
        statement = f"CREATE EXTENSION IF NOT EXISTS {quote_identifier(change.name)}"
        make = within_transaction(BRIEF_LOCK_TIMEOUT, EXTENSION_TIMEOUT, f"op.execute({text_literal(statement)})")
        return Body(make, EXTENSION_STAYS, "")
    build = build_source(change)
    drop = (
        FUNCTIONS
        + "\n"
        + DROP.format(timeout=BUILD_LOCK_TIMEOUT, drop=_indent(drop_source(change.name, change.definition), 2))
    )
    first, second = (build, drop) if change.kind == "create" else (drop, build)
    return Body(first, second, "import contextlib")


def build_source(change: Change) -> str:
    """Return source that builds the index concurrently, first removing an INVALID leftover, last checking validity."""
    name, definition = change.name, change.definition
    assert definition is not None
    names = _names(name, definition)
    complaint = f"{name} is INVALID: upgrade again"
    build = BUILD.format(
        timeout=BUILD_LOCK_TIMEOUT,
        heal=_indent(drop_source(name, definition), 3),
        create=_indent(create_source(change, definition), 2),
        analyze=_indent(_marks_source(change) + analyze_source(definition), 2),
        complaint=python_string(complaint),
    )
    place = TABLESPACE.format(tablespace=python_string(change.tablespace)) + "\n" if change.tablespace else ""
    return "\n".join([IS_VALID.replace("{names}", _indent(names, 1).lstrip()), FUNCTIONS, place + build])


def _marks_source(change: Change) -> str:
    """Return the calls that give an old index back what `CREATE INDEX` does not say."""
    return "".join(f"op.execute({text_literal(statement)})\n" for statement in change.marks)


def _names(name: str, definition: IndexDefinition) -> str:
    """Return the dictionary of names by which the index is found, on one line as long as that is no long one."""
    names = {"schema": definition.schema, "table": definition.table, "name": name}
    items = [f'"{key}": {python_string(value)}' for key, value in names.items()]
    line = f"{{{', '.join(items)}}}"
    return line if len(line) <= NAMES_WIDTH else _arguments("{", items, "}")


def create_source(change: Change, definition: IndexDefinition) -> str:
    """Return the `op.create_index(…)` call."""
    keys = f"[{', '.join(key_source(key) for key in definition.keys)}]"
    arguments = [python_string(change.name), python_string(definition.table), keys]
    arguments.append(f"schema={python_string(definition.schema)}")
    if definition.unique:
        arguments.append("unique=True")
    arguments += options(definition, nulls_not_distinct=change.nulls_not_distinct)
    if change.tablespace:
        arguments.append("postgresql_tablespace=tablespace")
    return _arguments("op.create_index(", [*arguments, "postgresql_concurrently=True", "if_not_exists=True"], ")")


def drop_source(name: str, definition: IndexDefinition) -> str:
    """Return the `op.drop_index(…)` call."""
    arguments = [python_string(name), f"table_name={python_string(definition.table)}"]
    arguments += [f"schema={python_string(definition.schema)}", "postgresql_concurrently=True", "if_exists=True"]
    return _arguments("op.drop_index(", arguments, ")")


def key_source(key: IndexKey, text: Callable[[str], str] = text_literal) -> str:
    """Return one key as the argument that Alembic passes on unchanged: a name, or SQL text."""
    if key.column is not None and key.sql == IndexKey.of(key.column).sql:
        return python_string(key.column)
    return text(key.sql)


def options(
    definition: IndexDefinition, *, nulls_not_distinct: bool = False, text: Callable[[str], str] = text_literal
) -> list[str]:
    """Return the `postgresql_…` keyword arguments that Alembic's call and the model's `Index` share.

    `text` turns the predicate into source.
    """
    arguments = []
    if definition.method != "btree":
        arguments.append(f"postgresql_using={python_string(definition.method)}")
    if definition.include:
        arguments.append(f"postgresql_include=[{', '.join(map(python_string, definition.include))}]")
    if nulls_not_distinct:
        arguments.append("postgresql_nulls_not_distinct=True")
    if definition.storage:
        pairs = (f"{python_string(key)}: {python_string(value)}" for key, value in definition.storage)
        arguments.append(f"postgresql_with={{{', '.join(pairs)}}}")
    if definition.where:
        arguments.append(f"postgresql_where={text(definition.where)}")
    return arguments


def analyze_source(definition: IndexDefinition) -> str:
    """Return the `ANALYZE` that gives an expression its first statistics; empty when the index has none."""
    if all(key.column for key in definition.keys):
        return ""
    note = "# Until the next ANALYZE there are no statistics for an indexed expression.\n"
    return f"{note}op.execute({text_literal(f'ANALYZE {definition.qualified_table}')})\n"


def _arguments(opening: str, arguments: list[str], closing: str) -> str:
    return "\n".join([opening, *(f"    {argument}," for argument in arguments), closing])


def _indent(text: str, levels: int) -> str:
    return textwrap.indent(text, "    " * levels)
