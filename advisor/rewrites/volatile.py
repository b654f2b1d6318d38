"""Calls whose value changes from one evaluation to the next: statements with such are left as they are."""

from __future__ import annotations

from typing import Any

from advisor.rewrites.tree import ast, walk

_VOLATILE = frozenset(
    [
        "random",
        "random_normal",
        "setseed",
        "nextval",
        "currval",
        "lastval",
        "setval",
        "clock_timestamp",
        "timeofday",
        "gen_random_uuid",
        "uuidv4",
        "uuidv7",
        "uuid_generate_v1",
        "uuid_generate_v1mc",
        "uuid_generate_v4",
        "gen_random_bytes",
        "set_config",
        "pg_sleep",
        "pg_sleep_for",
        "pg_sleep_until",
        "pg_advisory_lock",
        "pg_advisory_lock_shared",
        "pg_advisory_xact_lock",
        "pg_advisory_xact_lock_shared",
        "pg_try_advisory_lock",
        "pg_try_advisory_lock_shared",
        "pg_try_advisory_xact_lock",
        "pg_try_advisory_xact_lock_shared",
        "pg_advisory_unlock",
        "pg_advisory_unlock_shared",
        "pg_advisory_unlock_all",
        "pg_notify",
        "txid_current",
        "pg_current_xact_id",
        "dblink",
        "dblink_exec",
        "lo_create",
        "lo_unlink",
        "lo_put",
        "lo_from_bytea",
        "pg_logical_emit_message",
    ]
)


def volatile(node: Any) -> str | None:
    """Return the first such call below a node as `name()`, or what else makes it one; `None` when there is none.

    Volatile functions of the user's own are found by the prover, which can ask the server.
    """
    for found in walk(node):
        if isinstance(found, ast.FuncCall) and found.funcname[-1].sval in _VOLATILE:
            return f"{found.funcname[-1].sval}()"
        if isinstance(found, ast.RangeTableSample):
            return "TABLESAMPLE"
    return None


def functions(node: Any) -> frozenset[str]:
    """Return the bare names of all functions called below a node."""
    return frozenset(found.funcname[-1].sval for found in walk(node) if isinstance(found, ast.FuncCall))
