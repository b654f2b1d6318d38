"""Binding function calls: aggregates, window functions, and calls that tell something of the statement."""

from __future__ import annotations

from advisor.analysis.binding.bind import bind, bind_all, binder
from advisor.analysis.binding.functions import call_type, is_aggregate_name, is_known
from advisor.analysis.binding.order_items import ordering
from advisor.analysis.binding.scope import Scope
from advisor.analysis.binding.state import Level, State
from advisor.analysis.expression import Call, Expression
from advisor.analysis.parse import Node, names

FEATURES = {
    "now": "current-time", "clock_timestamp": "current-time", "transaction_timestamp": "current-time",
    "statement_timestamp": "current-time", "nextval": "nextval", "currval": "currval", "lastval": "currval",
    "random": "random", "pg_sleep": "sleep", "pg_notify": "notify", "set_config": "set-config",
    "gen_random_uuid": "random-uuid", "dblink": "dblink", "current_setting": "session-value",
    "current_schemas": "session-value", "pg_backend_pid": "session-value", "inet_client_addr": "session-value",
    "txid_current": "session-value", "pg_current_xact_id": "session-value", "pg_has_role": "session-value",
    "has_table_privilege": "session-value", "pg_my_temp_schema": "session-value", "age": "current-time",
    "timeofday": "current-time",
}  # fmt: skip
"""What a call to a function says of its statement."""


@binder("FuncCall")
def _call(state: State, scope: Scope, fields: Node) -> Expression:
    name = names(fields.get("funcname"))
    arguments = bind_all(state, scope, fields.get("args"))
    _note_call(state, name[-1])
    extra = bind_all(state, scope, [item["SortBy"]["node"] for item in fields.get("agg_order", ())])
    extra += (bind(state, scope, fields["agg_filter"]),) if "agg_filter" in fields else ()
    aggregate = is_aggregate(fields)
    if "over" in fields:
        _note_window(state, scope, fields["over"])
    elif aggregate and scope.level is not None:
        plain = "agg_filter" not in fields and "agg_order" not in fields
        _note_aggregate(state, scope.level, name[-1], arguments if plain else ())
    kinds = tuple(argument.type for argument in arguments)
    return Call(name, arguments + extra, call_type(name, kinds), aggregate, "over" in fields,
                bool(fields.get("func_variadic")))  # fmt: skip


def is_aggregate(fields: Node) -> bool:
    """Whether a FuncCall node is an aggregate that collapses rows."""
    marks = ("agg_star", "agg_distinct", "agg_filter", "agg_order", "agg_within_group")
    name = names(fields.get("funcname"))
    return "over" not in fields and (is_aggregate_name(name[-1]) or any(fields.get(mark) for mark in marks))


def _note_call(state: State, name: str) -> None:
    if name in FEATURES:
        state.features.add(FEATURES[name])
    elif name.startswith(("pg_advisory_", "pg_try_advisory_")):
        state.features.add("advisory-lock")
    elif not is_known(state.schema, name):
        state.features.add("unknown-function")


def _note_aggregate(state: State, level: Level, name: str, arguments: tuple[Expression, ...]) -> None:
    level.aggregated = True
    state.features.add("aggregate")
    if name == "count" and not arguments:
        state.features.add("count-star")
    if len(arguments) == 1 and name in ("min", "max", "count"):
        level.aggregates.append((name, arguments[0]))


def _note_window(state: State, scope: Scope, node: Node) -> None:
    state.features.add("window")
    if scope.level is None:
        return
    partition = list(bind_all(state, scope, node.get("partitionClause")))
    order = [ordering(state, scope, item, positions=False) for item in node.get("orderClause", ())]
    if partition or order:
        scope.level.windows.append((partition, order))
