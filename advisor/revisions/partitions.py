"""The body for partitioned tables: build on each leaf concurrently, then one index of the parent that takes them in.

`CREATE INDEX CONCURRENTLY` on a partitioned table is refused, and a plain one would lock every partition for the whole
build. Where each leaf has the very index already, the parent's is made of those and builds nothing: one brief
statement, after which no index is INVALID. Leaves are read when the migration runs, so that one added since is not
missed; offline (`--sql`) they are those of the schema the revision was written from.
"""

from __future__ import annotations

import textwrap

from advisor.catalog.index import IndexDefinition, quote_identifier
from advisor.revisions.body import IMPORTS, Body, after_source, table_source
from advisor.revisions.change import Change, Partition
from advisor.revisions.concurrently import name_on
from advisor.revisions.escape import python_string

BUILD = """\
leaves = [  # when this was written
{leaves}]
with table.alone():
    table.build_partitioned(
        {name},
        {body},
        leaves,
        {salt},{unique}
    )
{after}"""

DROP = """\
with table.alone():
    table.drop_partitioned({name}, {members})
"""


def partitioned_body(change: Change) -> Body:
    """Return the body of a revision for an index on a partitioned table."""
    definition = change.definition
    assert definition is not None
    name = python_string(change.name)
    build = BUILD.format(
        leaves="".join(f"    ({python_string(one.schema)}, {python_string(one.table)}),\n" for one in leaves(change)),
        name=name,
        body=python_string(body_sql(definition, nulls_not_distinct=change.nulls_not_distinct)),
        salt=python_string(_salt(change)),
        unique="\n        unique=True," if definition.unique else "",
        after=textwrap.indent(after_source(change, definition), "    "),
    )
    drop = DROP.format(name=name, members=len(leaves(change)) + 1)
    first, second = (build, drop) if change.kind == "create" else (drop, build)
    table = table_source(definition)
    return Body(table + first, f"{table}{second}table.name_leftovers()\n", IMPORTS)


def leaves(change: Change) -> list[Partition]:
    """Return the partitions that hold rows."""
    return [partition for partition in change.partitions if partition.leaf]


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


def member_name(change: Change, leaf: Partition) -> str:
    """Return the name of the index on a leaf, as the revision computes it when it runs."""
    return name_on(leaf.schema, leaf.table, _salt(change))


def _salt(change: Change) -> str:
    return change.revision_id("")[:8]
