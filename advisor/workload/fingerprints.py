"""pglast's fingerprint of a text, asked for once per text key."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from advisor.workload.relations import aliased_tables
from advisor.workload.utilities import is_utility

OFFSET = re.compile(r"\boffset\b")
"""The fingerprint is the same with and without OFFSET: a list's first page and all its others would be one query."""

MANY_KEYS = 50_000
"""Keys remembered at once: a log that writes tables of ever new names must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes a text the same query as another."""

    id: str
    fingerprint: str | None
    unparsed: str | None = None


def identify(text: bytes, key: bytes) -> Identity:
    """Return the identity of a text: its fingerprint, or a hash of its key where the parser refuses it."""
    from pglast.parser import ParseError, fingerprint

    decoded = text.decode("utf-8", "replace")
    try:
        found = fingerprint(decoded)
        lost = (*aliased_tables(decoded), *OFFSET.findall(key.decode("utf-8", "replace").lower()))
    except ParseError as error:
        reason = str(error.args[0] if error.args else error)
    except Exception as error:  # the parser's own limits, such as nesting depth
        reason = str(error) or type(error).__name__
    else:
        return Identity(_set_apart(found, lost), found)
    digest = hashlib.blake2b(b" ".join(key.split()).lower(), digest_size=8).hexdigest()
    return Identity(f"t{digest}", None, None if is_utility(decoded) else reason)


def _set_apart(fingerprint: str, lost: tuple[str, ...]) -> str:
    """Return the fingerprint, mixed with what it leaves out: tables that have an alias, and OFFSET."""
    if not lost:
        return fingerprint
    return hashlib.blake2b("\0".join((fingerprint, *lost)).encode(), digest_size=8).hexdigest()


class Fingerprints:
    """Text key to identity, remembered."""

    def __init__(self) -> None:
        self.known: dict[bytes, Identity] = {}

    def of(self, key: bytes, text: bytes) -> Identity:
        """Return the identity of `text`, whose text key is `key`."""
        identity = self.known.get(key)
        if identity is None:
            if len(self.known) >= MANY_KEYS:
                self.known.clear()
            identity = self.known[key] = identify(text, key)
        return identity
