"""Statements on indexes as findings show them: each runs as it stands, on a partitioned table too."""

from __future__ import annotations

from advisor.catalog.index import Index, qualified_name
from advisor.catalog.schema import Table

BRIEFLY = "it waits for a lock on the whole tree, so set a lock_timeout and try again"
PARTITIONS = (
    "each partition takes no writes while its part is built; `advisor migrate` writes a revision that builds"
    " partition by partition without that"
)


def create_index(table: Table, body: str) -> str:
    """Return the statement that makes an index of which `body` is what follows the table; with a word of warning."""
    if table.kind == "partitioned":
        return f"CREATE INDEX ON {table.qualified} {body} -- {PARTITIONS}"
    return f"CREATE INDEX CONCURRENTLY ON {table.qualified} {body}"


def drop_index(table: Table, index: Index) -> str:
    """Return the statement that drops an index."""
    name = qualified_name(table.schema, index.name)
    return f"DROP INDEX {name} -- {BRIEFLY}" if index.partitioned else f"DROP INDEX CONCURRENTLY {name}"


def rebuild_index(table: Table, index: Index) -> str:
    """Return the statement that builds an index anew: an exclusion constraint's can only be with a lock."""
    excluding = any(one.kind == "exclusion" and one.name == index.constraint for one in table.constraints)
    return f"REINDEX INDEX {'' if excluding else 'CONCURRENTLY '}{qualified_name(table.schema, index.name)}"
