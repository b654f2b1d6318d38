"""Parts of patterns written so that Python's matcher is fast.

`(?:x)?` and `(?:x)*` of anything longer than a character keep a repeat context for each try (`MAX_UNTIL` of
Modules/_sre/sre_lib.h); a branch with an empty alternative matches the same and keeps none. A possessive set
(`[^"]*+"`) gives nothing back and so keeps no state to return to; where what follows is not in the set it matches the
same.
"""

from __future__ import annotations


def optional(pattern: bytes) -> bytes:
    """Return a pattern that matches `pattern`, or nothing where it does not fit."""
    return b"(?:" + pattern + b"|)"


def repeated(pattern: bytes) -> bytes:
    """Return a pattern that matches `pattern` as often as it fits; quick where it usually fits nowhere."""
    return optional(pattern + b"(?:" + pattern + b")*")
