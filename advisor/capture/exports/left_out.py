"""Counts what a reader leaves out, by reason, and keeps the first few places."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.capture.coverage import Skipped

EXAMPLES = 3
EXCERPT = 80


class Tally:
    """Grows while a reader runs; `skipped()` is what goes into the coverage."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._examples: dict[str, list[str]] = {}

    def add(self, reason: str, where: str, record: str, count: int = 1) -> None:
        """Count `count` records left out for `reason`; `where` is a line or record number."""
        self._counts[reason] = self._counts.get(reason, 0) + count
        examples = self._examples.setdefault(reason, [])
        if len(examples) < EXAMPLES:
            examples.append(f"{where}: {' '.join(record.split())[:EXCERPT]}")

    def include(self, skipped: Mapping[str, Skipped]) -> None:
        """Count what another reader left out."""
        for reason, skip in skipped.items():
            self._counts[reason] = self._counts.get(reason, 0) + skip.count
            examples = self._examples.setdefault(reason, [])
            examples.extend(skip.examples[: EXAMPLES - len(examples)])

    def skipped(self) -> dict[str, Skipped]:
        """Return reason to what was left out for it, sorted by reason."""
        return {reason: Skipped(count, tuple(self._examples[reason])) for reason, count in sorted(self._counts.items())}
