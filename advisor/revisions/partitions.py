"""The body for partitioned tables: `ON ONLY` the parents, build on each leaf concurrently, attach.

`CREATE INDEX CONCURRENTLY` on a partitioned table is refused, and a plain one would lock every partition for the whole
build. Partitions are read when the migration runs, so that one added since is not missed; offline (`--sql`) they are
those of the schema the revision was written from.
"""

from __future__ import annotations

import hashlib

from advisor.catalog.index import IndexDefinition, quote_identifier
from advisor.revisions.body import (
    BRIEF_LOCK_TIMEOUT,
    BUILD_LOCK_TIMEOUT,
    Body,
    analyze_source,
)
from advisor.revisions.change import Change, Partition
from advisor.revisions.escape import python_string, qualified
from advisor.revisions.timeouts import FUNCTIONS

ONLY_NOTE = "-- squawk-ignore require-concurrent-index-creation\n"
"""`ON ONLY` builds nothing: the index is empty until its partitions' indexes are attached."""

DROP_NOTE = "-- squawk-ignore require-concurrent-index-deletion\n"
"""An index of a partitioned table cannot be dropped concurrently."""

IMPORTS = "import contextlib\nimport hashlib\nimport random\nimport time"

BUILD = '''\
context = op.get_context()

def quote(name):
    return '"' + name.replace('"', '""') + '"'

# The tree when this was written: schema, table, schema and table of the parent,
# whether it is a leaf. Parents stand before their children.
partitions = [
{partitions}]
if not context.as_sql:  # partitions may have come and gone since
    tree = sa.text(
        "SELECT n.nspname, c.relname, pn.nspname, pc.relname, t.isleaf"
        " FROM pg_partition_tree(CAST(:root AS regclass)) t"
        " JOIN pg_class c ON c.oid = t.relid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " LEFT JOIN pg_class pc ON pc.oid = t.parentrelid AND t.level > 0"
        " LEFT JOIN pg_namespace pn ON pn.oid = pc.relnamespace"
        " ORDER BY t.level, n.nspname, c.relname"
    )
    root = {{"root": {root}}}
    partitions = [tuple(row) for row in op.get_bind().execute(tree, root)]

def index_name(schema, table):
    """Return the index's name on this member of the tree, at most 63 bytes."""
    if (schema, table) == {root_pair}:
        return {name}
    digest = hashlib.sha256(f"{{schema}}.{{table}} {digest}".encode()).hexdigest()[:8]
    return f"ix_{{table}}".encode()[:54].decode(errors="ignore") + f"_{{digest}}"

def run(statement):
    # A bare colon would start a parameter.
    op.execute(sa.text(statement.replace(":", "\\\\:")))

def run_briefly(statement):
    """Run a statement that makes the application wait: give up soon, try again later."""
    run("SET lock_timeout = '{brief}'")
    for attempt in range(10):
        try:
            return run(statement)
        except sa.exc.DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
            if state != "55P03" or attempt == 9:
                raise
            time.sleep(min(2**attempt, 30) * random.uniform(0.5, 1.0))

def state_of(schema, name):
    """Return (indisvalid, attached) of an index, None when there is no such index."""
    query = sa.text(
        "SELECT i.indisvalid, EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = c.oid)"
        " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = :schema AND c.relname = :name"
    )
    row = op.get_bind().execute(query, {{"schema": schema, "name": name}}).first()
    return tuple(row) if row else None

def has_child(schema, table, parent_schema, parent_index):
    """Return whether this partition already has an index attached to the parent's."""
    query = sa.text(
        "SELECT EXISTS (SELECT FROM pg_inherits h JOIN pg_index i ON i.indexrelid = h.inhrelid"
        " JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace"
        " JOIN pg_class p ON p.oid = h.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace"
        " WHERE n.nspname = :schema AND t.relname = :table"
        " AND pn.nspname = :parent_schema AND p.relname = :parent_index)"
    )
    names = {{"schema": schema, "table": table}}
    names |= {{"parent_schema": parent_schema, "parent_index": parent_index}}
    return op.get_bind().execute(query, names).scalar()

{timeouts}
note = {note}
body = {body}
with context.autocommit_block():
    keep_timeouts()
    run("SET statement_timeout = 0")
    try:
        for schema, table, parent_schema, parent, leaf in partitions:
            name = index_name(schema, table)
            where = f"{{quote(schema)}}.{{quote(table)}} {{body}}"
            if not context.as_sql and parent is not None:
                parent_index = index_name(parent_schema, parent)
                if has_child(schema, table, parent_schema, parent_index):
                    continue
            if not leaf:
                # INVALID by design until every partition's index is attached.
                run_briefly(note + f"CREATE {unique}INDEX IF NOT EXISTS {{quote(name)}} ON ONLY {{where}}")
                continue
            run("SET lock_timeout = '{patient}'")
            # A build that was cut off leaves an INVALID index of this name behind.
            if not context.as_sql and state_of(schema, name) == (False, False):
                run(f"DROP INDEX CONCURRENTLY IF EXISTS {{quote(schema)}}.{{quote(name)}}")
            run(f"CREATE {unique}INDEX CONCURRENTLY IF NOT EXISTS {{quote(name)}} ON {{where}}")
            if not context.as_sql and state_of(schema, name) not in ((True, False), (True, True)):
                raise RuntimeError(f"{{name}} is INVALID: upgrade again")
        for schema, table, parent_schema, parent, _leaf in reversed(partitions):
            if parent is None:
                continue
            child, parent_index = index_name(schema, table), index_name(parent_schema, parent)
            if not context.as_sql and has_child(schema, table, parent_schema, parent_index):
                continue
            run_briefly(
                f"ALTER INDEX {{quote(parent_schema)}}.{{quote(parent_index)}}"
                f" ATTACH PARTITION {{quote(schema)}}.{{quote(child)}}",
            )
{analyze}        if not context.as_sql and not (state_of({schema}, {name}) or (False,))[0]:
            raise RuntimeError(
                {complaint},
            )
    finally:
        restore_timeouts()
'''

DROP = '''\
context = op.get_context()

def run_briefly(statement):
    """Run a statement that makes the application wait: give up soon, try again later."""
    for attempt in range(10):
        try:
            # A bare colon would start a parameter.
            return op.execute(sa.text(statement.replace(":", "\\\\:")))
        except sa.exc.DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
            if state != "55P03" or attempt == 9:
                raise
            time.sleep(min(2**attempt, 30) * random.uniform(0.5, 1.0))

{timeouts}
note = {note}
drop = {drop}
with context.autocommit_block():
    keep_timeouts()
    op.execute("SET statement_timeout = 0")
    op.execute("SET lock_timeout = '{brief}'")
    try:
        # An index of a partitioned table cannot be dropped concurrently; its partitions' go with it.
        run_briefly(note + drop)
    finally:
        restore_timeouts()
'''


def partitioned_body(change: Change) -> Body:
    """Return the body of a revision for an index on a partitioned table."""
    assert change.definition is not None
    build = _build(change, change.definition)
    drop = DROP.format(
        timeouts=FUNCTIONS,
        brief=BRIEF_LOCK_TIMEOUT,
        note=python_string(DROP_NOTE),
        drop=python_string(f"DROP INDEX IF EXISTS {qualified(change.definition.schema, change.name)}"),
    )
    first, second = (build, drop) if change.kind == "create" else (drop, build)
    return Body(first, second, IMPORTS)


def _build(change: Change, definition: IndexDefinition) -> str:
    marks = "".join(f"run({python_string(statement)})\n" for statement in change.marks)
    analyze = marks + analyze_source(definition)
    complaint = f"{change.name} is INVALID: upgrade again"
    return BUILD.format(
        timeouts=FUNCTIONS,
        partitions="".join(f"    {_member(partition)},\n" for partition in change.partitions),
        root=python_string(definition.qualified_table),
        root_pair=f"({python_string(definition.schema)}, {python_string(definition.table)})",
        name=python_string(change.name),
        schema=python_string(definition.schema),
        digest=_salt(change),
        body=python_string(body_sql(definition, nulls_not_distinct=change.nulls_not_distinct)),
        note=python_string(ONLY_NOTE),
        unique="UNIQUE " if definition.unique else "",
        brief=BRIEF_LOCK_TIMEOUT,
        patient=BUILD_LOCK_TIMEOUT,
        analyze="".join(f"        {line}\n" for line in analyze.splitlines()),
        complaint=python_string(complaint),
    )


def _member(partition: Partition) -> str:
    parent = partition.parent or (None, None)
    values = (partition.schema, partition.table, *parent)
    names = ", ".join("None" if value is None else python_string(value) for value in values)
    return f"({names}, {partition.leaf})"


def body_sql(definition: IndexDefinition, *, nulls_not_distinct: bool = False) -> str:
    """Return everything after `ON table`, identifiers quoted only where needed."""
    parts = [f"USING {definition.method} ({', '.join(key.sql for key in definition.keys)})"]
    if definition.include:
        parts.append(f"INCLUDE ({', '.join(map(quote_identifier, definition.include))})")
    if nulls_not_distinct:
        parts.append("NULLS NOT DISTINCT")
    if definition.storage:
        parts.append(f"WITH ({', '.join(f'{key} = {value}' for key, value in definition.storage)})")
    if definition.where:
        parts.append(f"WHERE {definition.where}")
    return " ".join(parts)


def member_name(change: Change, partition: Partition) -> str:
    """Return the name of the index on one member of the tree, as the revision computes it when it runs."""
    if partition.parent is None:
        return change.name
    text = f"{partition.schema}.{partition.table} {_salt(change)}"
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"ix_{partition.table}".encode()[:54].decode(errors="ignore") + f"_{digest}"


def _salt(change: Change) -> str:
    return change.revision_id("")[:8]
