"""The identity of a text, asked for once per text key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from advisor.workload.counting.jumble import jumble
from advisor.workload.counting.utilities import is_utility

MANY_KEYS = 50_000
"""Keys remembered at once: a log that writes tables of ever new names must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes a text the same query as another."""

    id: str
    fingerprint: str | None
    unparsed: str | None = None


def identify(text: bytes, key: bytes) -> Identity:
    """Return the identity of a text: the hash of its parse tree, or of its key where the parser refuses it."""
    from pglast.parser import ParseError

    decoded = text.decode("utf-8", "replace")
    try:
        found = jumble(decoded)
    except ParseError as error:
        reason = str(error.args[0] if error.args else error)
    except Exception as error:  # the parser's own limits, such as nesting depth
        reason = str(error) or type(error).__name__
    else:
        return Identity(found, found)
    digest = hashlib.blake2b(b" ".join(key.split()).lower(), digest_size=8).hexdigest()
    return Identity(f"t{digest}", None, None if is_utility(decoded) else reason)


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
