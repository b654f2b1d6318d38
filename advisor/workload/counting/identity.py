"""Identity of an exported statement: the same as of a logged one, set apart where it ran inside a function."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from advisor.workload.counting import fingerprints
from advisor.workload.counting.textkey import text_keys

NESTED = ".nested"
"""Ends the id of a statement that ran inside a function: its time is part of the calling statement's."""


@lru_cache(maxsize=65536)
def identify(text: str, top_level: bool = True) -> fingerprints.Identity:
    """Return the identity of a statement's text; comments, white space and values play no part."""
    encoded = text.encode(errors="replace")
    identity = fingerprints.identify(encoded, text_keys([encoded])[0])
    return identity if top_level else replace(identity, id=identity.id + NESTED)
