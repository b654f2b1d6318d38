"""Finds statements by regular expressions, in time linear in their length whatever the expression.

The expressions are RE2's, which keeps no state to return to: one that would take Python's own matcher years, such as
`(a+)+$`, takes as long as any other. See https://github.com/google/re2/wiki/Syntax; they are matched without regard to
case, `.` matches line ends as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from advisor.errors import UsageError


@lru_cache(maxsize=16)
def searching(patterns: tuple[str, ...]) -> Callable[[bytes], bool]:
    """Return what tells whether any of the expressions is found in a text.

    Raises `UsageError` for an expression that RE2 refuses.
    """
    found = [_compiled(pattern).search for pattern in patterns]
    return lambda text: any(search(text) is not None for search in found)


def check_patterns(patterns: Sequence[str]) -> None:
    """Raise `UsageError` for an expression that RE2 refuses."""
    for pattern in patterns:
        _compiled(pattern)


def _compiled(pattern: str) -> Any:
    import re2

    options = re2.Options()
    options.case_sensitive, options.dot_nl, options.log_errors = False, True, False
    try:
        return re2.compile(pattern.encode(), options)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        said = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        do = "write it in RE2's syntax (no look-ahead, no back-references)"
        raise UsageError(f"--exclude-query {pattern!r} is no regular expression: {said}", do=do) from None
