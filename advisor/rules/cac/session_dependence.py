"""What besides its text and values a read's result hangs on: such a read is never one to keep."""

from __future__ import annotations

from advisor.analysis.shape import QueryShape, TableShape
from advisor.catalog.index import mentions, qualified_name
from advisor.rules.context import RuleContext
from advisor.workload.model import Query

_FEATURES = {
    "current-time": "the time of day",
    "session-value": "a setting or the user of the session",
    "unknown-function": "a function that is not IMMUTABLE",
    "random": "chance",
    "random-uuid": "chance",
    "currval": "a sequence",
    "nextval": "a sequence",
    "set-config": "a setting of the session",
    "dblink": "another server",
    "tablesample": "chance",
    "sleep": "a function with effects",
    "advisory-lock": "locks",
    "notify": "a function with effects",
    "for-update": "locks",
    "for-share": "locks",
    "skip-locked": "locks",
}


def hangs_on(query: Query, shape: QueryShape, context: RuleContext) -> str | None:
    """Return what else decides a read's result, in words; `None` when text and values alone do.

    Row security shows each user other rows; a bare table name that several schemas have, or none, means another table
    under another search_path, or a temporary one of the session.
    """
    for feature in sorted(shape.features & _FEATURES.keys()):
        return _FEATURES[feature]
    if shape.unresolved or shape.absent:
        return "a table that the schema does not hold, perhaps a temporary one"
    for occurrence in shape.tables:
        table = context.table(occurrence)
        if table is None or table.schema.startswith("pg_temp"):
            return "a table that the schema does not hold, perhaps a temporary one"
        if table.row_security:
            return f"row security of {table.name}"
        if _by_search_path(query, occurrence, context):
            return f"the search_path: several schemas have a table {table.name}"
    return None


def _by_search_path(query: Query, occurrence: TableShape, context: RuleContext) -> bool:
    homes = [schema for schema, name in context.schema.tables if name == occurrence.table]
    named = qualified_name(occurrence.schema, occurrence.table) in query.text or mentions(query.text, occurrence.schema)
    return len(homes) > 1 and not named
