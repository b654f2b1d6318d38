"""The Python statements of `upgrade()` and `downgrade()`: plain Alembic and one helper beside the revisions.

What every build needs (turns, timeouts, healing) stands once in a folder, in `concurrently/__init__.py`, not in each
revision; nothing of ours is imported.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from advisor.catalog.index import IndexDefinition, IndexKey, quote_identifier
from advisor.revisions.change import Change
from advisor.revisions.escape import python_string, text_literal
from advisor.revisions.timeouts import EXTENSION_LOCK_TIMEOUT, EXTENSION_TIMEOUT

HELPER = "concurrently"
"""Folder beside the revisions, which Alembic takes for no revision, with our `concurrently.py` as its `__init__.py`."""

IMPORTS = "import pathlib\nimport runpy"
HELP = f'work = runpy.run_path(str(pathlib.Path(__file__).with_name("{HELPER}") / "__init__.py"))\n'


@dataclass(frozen=True, slots=True)
class Body:
    """Source of both functions, unindented, and the imports they need."""

    upgrade: str
    downgrade: str
    imports: str


TABLESPACE = """\
tablespace = {tablespace}
if table.online:  # another server may not have it
    known = sa.text("SELECT spcname FROM pg_tablespace WHERE spcname = :name")
    tablespace = op.get_bind().execute(known, {{"name": tablespace}}).scalar()
"""

EXTENSION_STAYS = "# The extension stays: other objects may have come to need it.\npass\n"


def plain_body(change: Change) -> Body:
    """Return the body of a revision for an index on a plain table, or for an extension."""
    definition = change.definition
    if definition is None:
        statement = f"CREATE EXTENSION IF NOT EXISTS {quote_identifier(change.name)}"
        call = f"op.execute({text_literal(statement)})"
        make = within_transaction("public", change.name, (EXTENSION_LOCK_TIMEOUT, EXTENSION_TIMEOUT), call)
        return Body(make, EXTENSION_STAYS, IMPORTS)
    build = build_source(change, definition)
    drop = f"{table_source(definition)}with table.dropping():\n{_indent(drop_source(change.name, definition), 1)}\n"
    first, second = (build, drop) if change.kind == "create" else (drop, build)
    return Body(first, f"{second}table.name_leftovers()\n", IMPORTS)


def table_source(definition: IndexDefinition) -> str:
    """Return source that makes `table`, whose indexes are built or dropped."""
    names = f"{python_string(definition.schema)}, {python_string(definition.table)}"
    return f'{HELP}table = work["Table"](op, {names})\n'


def within_transaction(schema: str, name: str, timeouts: tuple[str, str], calls: str) -> str:
    """Return source that runs `calls` in turn, with lock and statement timeout, in the migration's transaction."""
    names = f"{python_string(schema)}, {python_string(name)}"
    limits = ", ".join(map(python_string, timeouts))
    begin = f'{HELP}table = work["Table"](op, {names})\nwith table.in_transaction({limits}):\n'
    return f"{begin}{_indent(calls, 1).rstrip()}\n"


def build_source(change: Change, definition: IndexDefinition) -> str:
    """Return source that builds the index concurrently, with what `CREATE INDEX` does not say and first statistics."""
    space = TABLESPACE.format(tablespace=python_string(change.tablespace)) if change.tablespace else ""
    calls = f"{create_source(change, definition)}\n{after_source(change, definition)}"
    build = f"with table.building({python_string(change.name)}):\n{_indent(calls, 1)}"
    return f"{table_source(definition)}{space}{build}"


def after_source(change: Change, definition: IndexDefinition) -> str:
    """Return the calls that follow a build: what `CREATE INDEX` does not say of an old index, and first statistics."""
    return _marks_source(change) + analyze_source(definition)


def _marks_source(change: Change) -> str:
    """Return the calls that give an old index back what `CREATE INDEX` does not say."""
    return "".join(map(_here, change.marks))


def _here(statement: str) -> str:
    """Return the call that runs a statement whose first qualified name follows `schema_translate_map`."""
    return f"op.execute(table.here({python_string(statement)}))\n"


def create_source(change: Change, definition: IndexDefinition) -> str:
    """Return the `op.create_index(…)` call."""
    keys = f"[{', '.join(key_source(key) for key in definition.keys)}]"
    arguments = [final(change.name), python_string(definition.table), keys]
    arguments.append("schema=table.schema")
    if definition.unique:
        arguments.append("unique=True")
    arguments += options(definition, nulls_not_distinct=change.nulls_not_distinct)
    if change.tablespace:
        arguments.append("postgresql_tablespace=tablespace")
    return _arguments("op.create_index(", [*arguments, "postgresql_concurrently=True", "if_not_exists=True"], ")")


def drop_source(name: str, definition: IndexDefinition) -> str:
    """Return the `op.drop_index(…)` call."""
    arguments = [final(name), f"table_name={python_string(definition.table)}"]
    arguments += ["schema=table.schema", "postgresql_concurrently=True", "if_exists=True"]
    return _arguments("op.drop_index(", arguments, ")")


def final(name: str) -> str:
    """Return a name that no naming convention of the metadata changes."""
    return f"op.f({python_string(name)})"


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
    return note + _here(f"ANALYZE {definition.qualified_table}")


def _arguments(opening: str, arguments: list[str], closing: str) -> str:
    return "\n".join([opening, *(f"    {argument}," for argument in arguments), closing])


def _indent(text: str, levels: int) -> str:
    return textwrap.indent(text, "    " * levels)
