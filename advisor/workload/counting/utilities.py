"""Statements without a plan that pg_stat_statements writes as the parser refuses them: `SAVEPOINT $1`, `RELEASE $1`."""

from __future__ import annotations

_ALONE = frozenset({
    "savepoint", "release", "deallocate", "close", "fetch", "move", "listen", "unlisten", "notify", "discard", "set",
    "reset", "show", "begin", "start", "commit", "end", "abort", "rollback", "lock", "checkpoint", "vacuum", "analyze",
    "cluster", "reindex", "truncate", "comment", "grant", "revoke", "load",
})  # fmt: skip
_PAIRS = frozenset({("prepare", "transaction"), ("security", "label"), ("reassign", "owned"), ("drop", "owned")})


def is_utility(text: str) -> bool:
    """Return whether a statement that the parser refused is a utility with a parameter where a name stands.

    Only its first words are looked at; what may carry a query (`DECLARE`, `EXPLAIN`, `COPY`, …) is none.
    """
    if "$" not in text:
        return False
    words = text.lower().split(None, 2)[:2]
    return bool(words) and (words[0] in _ALONE or tuple(words) in _PAIRS)
