"""What is known of text keys, found out once a process: their slots, and whether they may hold a LIMIT or a list."""

from __future__ import annotations

import re

from advisor.workload.counting.text_slots import SlotMap, slot_map

LIMITING = re.compile(rb"\blimit\b|\bfetch\b", re.I)
LISTED = re.compile(rb"\bin\s*\(|\bany\s*\(", re.I)

MANY = 20_000
"""Keys remembered at once: a log of ever new texts must not fill the memory."""


class KnownKeys:
    """Text keys whose texts were looked at before."""

    def __init__(self) -> None:
        self._maps: dict[bytes, SlotMap | None] = {}
        self._traits: dict[bytes, tuple[bool, bool]] = {}

    def traits(self, key: bytes) -> tuple[bool, bool]:
        """Return whether a text key's texts may hold a LIMIT and a list of values."""
        if key not in self._traits:
            if len(self._traits) > MANY:
                self._traits.clear()
            self._traits[key] = bool(LIMITING.search(key)), bool(LISTED.search(key))
        return self._traits[key]

    def slot_map(self, key: bytes, text: bytes) -> SlotMap | None:
        """Return the slots of a text key's texts, `None` when the text cannot be taken apart."""
        if key not in self._maps:
            if len(self._maps) > MANY:
                self._maps.clear()
            self._maps[key] = slot_map(text)
        return self._maps[key]
