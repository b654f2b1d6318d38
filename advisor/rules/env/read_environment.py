"""Reads an `env.py` for what would break a concurrent index build.

`autocommit_block()` asserts that Alembic opened the transaction it commits. Whoever opens one earlier makes every
revision with a concurrent build die with an `AssertionError` that carries no message.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from advisor.rules.env.findings import EnvironmentFinding
from advisor.rules.env.syntax import method_of, on_context, per_migration
from advisor.rules.env.transactions import TransactionWalk


@lru_cache(maxsize=4)
def check_source(source: str) -> tuple[EnvironmentFinding, ...]:
    """Return the findings about the text of an `env.py`, by line. Raises `SyntaxError`."""
    tree = ast.parse(source)
    found = {*TransactionWalk(tree).findings(), *_advice(tree)}
    return tuple(sorted(found, key=lambda finding: (finding.line, finding.code)))


def _advice(tree: ast.Module) -> Iterator[EnvironmentFinding]:
    """Yield what is no obstacle but worth knowing."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if method_of(call) == "configure" and on_context(call):
            yield from _configure_advice(call, {keyword.arg: keyword.value for keyword in call.keywords})
        texts = (node.value for node in ast.walk(call) if isinstance(node, ast.Constant))
        if any("advisory_xact_lock" in text for text in texts if isinstance(text, str)):
            what = (
                "a transaction-scoped advisory lock ends at the first autocommit block and no longer serialises deploys"
            )
            cures = ("take a session lock, polled with pg_try_advisory_lock: a waiting one deadlocks with the build",)
            yield EnvironmentFinding("ENV006", "advisory-lock-ends-early", "warning", call.lineno, what, cures)


def _configure_advice(call: ast.Call, keywords: dict[str | None, ast.expr]) -> Iterator[EnvironmentFinding]:
    if None in keywords:
        return
    if "connection" in keywords and not per_migration(call):
        what = "all pending revisions share one transaction, which the first concurrent build commits half-way"
        cures = ("pass transaction_per_migration=True to context.configure()",)
        yield EnvironmentFinding("ENV004", "one-transaction-for-all", "info", call.lineno, what, cures)
    if "url" in keywords and "dialect_opts" not in keywords:
        what = "offline SQL (--sql) doubles every percent sign, also in an index predicate"
        cures = ('pass dialect_opts={"paramstyle": "named"} to context.configure()',)
        yield EnvironmentFinding("ENV005", "offline-doubles-percent", "warning", call.lineno, what, cures)
