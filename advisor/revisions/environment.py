"""Reads a team's `env.py` (it is never run) for what would break a concurrent index build.

`autocommit_block()` asserts that Alembic opened the transaction it commits. Whoever opens one earlier makes every
revision of ours die with an `AssertionError` that carries no message; here it gets a name, a line and two cures.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from advisor.errors import RevisionError
from advisor.revisions.configuration import open_config, open_scripts
from advisor.revisions.environment_finding import EnvironmentFinding
from advisor.revisions.environment_syntax import method_of, on_context, per_migration
from advisor.revisions.environment_transactions import TransactionWalk


def check_environment(path: Path) -> tuple[EnvironmentFinding, ...]:
    """Return the findings about an `env.py`, by line. Raises `RevisionError` when it cannot be read or parsed."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise RevisionError(f"env.py cannot be read: {error}", where=str(path), do="repair it first") from error
    found = {*TransactionWalk(tree).findings(), *_advice(tree)}
    return tuple(sorted(found, key=lambda finding: (finding.line, finding.code)))


def refuse_unsafe(path: Path) -> None:
    """Raise `RevisionError` when a concurrent build could not run under this `env.py`."""
    errors = [finding for finding in check_environment(path) if finding.level == "error"]
    if errors:
        worst = errors[0]
        what = f"{worst.code} {worst.name}: {worst.what}"
        raise RevisionError(what, where=f"{path}:{worst.line}", do=" or ".join(worst.cures))


def environment_of(config: Path, section: str = "alembic") -> Path:
    """Return the `env.py` that an alembic.ini or pyproject.toml names. Raises `RevisionError`."""
    return Path(open_scripts(open_config(config, section)).dir) / "env.py"


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
