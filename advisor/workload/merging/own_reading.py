"""Statements that are no workload: the advisor's own reading, pg_dump's, and what else asks the system catalogs alone.

A snapshot is read by the same statements every time, and a nightly pg_dump by thousands; none of them can be helped by
an index of ours. Told by the mark that our statements on tables carry, by the name our sessions bear, and by the
relations: all of them in `pg_catalog` or `information_schema`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import orjson

from advisor.capture.conninfo import APPLICATION, MARK
from advisor.errors import InputError
from advisor.workload.filtering.named_tables import tree_nodes
from advisor.workload.merging.system_catalogs import COUNTED, SYSTEM_CATALOGS
from advisor.workload.model import Query, Workload

CATALOGS = frozenset({"pg_catalog", "information_schema"})
LOCKED = re.compile(r"LOCK TABLE [^;]* IN ACCESS SHARE MODE")
"""What pg_dump alone does: every query takes this lock anyway."""


def without_own_reading(workload: Workload) -> Workload:
    """Return the workload without such statements, and with a note that counts them.

    Raises `InputError` when there is nothing else.
    """
    ours = [query for query in workload.queries if is_own_reading(query)]
    if not ours:
        return workload
    if len(ours) == len(workload.queries):
        names = ", ".join(coverage.name for coverage in workload.inputs)
        what = "it holds nothing but the reading of pgadvisor itself and of the system catalogs"
        raise InputError(what, where=names, do="let the application run, then read it again")
    left = {query.id for query in ours}
    calls = sum(query.calls for query in ours)
    which = "that read the system catalogs alone or are pgadvisor's own"
    note = f"left out: {len(ours)} statements ({calls:.0f} calls) {which}"
    return replace(
        workload,
        queries=tuple(query for query in workload.queries if query.id not in left),
        loops=tuple(loop for loop in workload.loops if loop.child not in left),
        notes=(*workload.notes, note),
    )


def is_own_reading(query: Query) -> bool:
    """Return whether a query is the advisor's, or reads the system catalogs alone."""
    if query.applications and all(name.split()[:1] == [APPLICATION] for name in query.applications):
        return True
    if MARK in query.text or LOCKED.fullmatch(query.text):
        return True
    return query.unparsed is None and reads_catalogs_alone(query.text)


def reads_catalogs_alone(text: str) -> bool:
    """Return whether all tables of a statement, or all its functions where it has no table, are the catalog's."""
    if "pg_" not in text and "information_schema" not in text:
        return False
    from pglast.parser import ParseError, parse_sql_json

    try:
        nodes = list(tree_nodes(orjson.loads(parse_sql_json(text))))
    except (ParseError, RecursionError, orjson.JSONDecodeError):
        return False
    defined = {fields.get("ctename") for kind, fields in nodes if kind == "CommonTableExpr"}
    tables = [fields for kind, fields in nodes if kind == "RangeVar"]
    named = [table for table in tables if "schemaname" in table or table.get("relname") not in defined]
    if named:
        return all(map(_is_catalog, named))
    functions = [fields["funcname"] for kind, fields in nodes if kind == "FuncCall"]
    return bool(functions) and all(map(_is_servers_own, functions))


def _is_catalog(table: dict[str, Any]) -> bool:
    name, schema = table.get("relname", ""), table.get("schemaname")
    return schema in CATALOGS or (name in SYSTEM_CATALOGS if schema is None else name in COUNTED)


def _is_servers_own(function: list[dict[str, Any]]) -> bool:
    *schema, name = [part["String"]["sval"] for part in function]
    return schema[:1] == ["pg_catalog"] or name.startswith("pg_stat_statements")
