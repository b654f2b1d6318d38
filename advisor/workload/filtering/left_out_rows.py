"""How much the filters left out of an input, by reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from advisor.capture.coverage import Skipped

BEFORE, AFTER, NO_TIME_KNOWN = "ended before --begin", "ended at --end or later", "without a time"
OTHER_USER, NO_USER = "run by another user than --user", "without a known user"
OTHER_APPLICATION, NO_APPLICATION = "run by another application than --application", "without a known application"
EXCLUDED = "found by --exclude-query"

NAMED = 8
"""Names shown of users and applications that were left out: the first by the alphabet, wherever a log is cut."""


@dataclass(slots=True)
class LeftOut:
    """What was left out of a part of an input; adding two is exact."""

    executions: Counter[str] = field(default_factory=Counter)
    """By reason."""
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Reason to names of those left out for it."""
    durations: Counter[int] = field(default_factory=Counter)
    """Buckets of the durations left out: what was logged at all shows in them as well."""
    fastest: int = 1 << 62
    """Microseconds."""

    def add(self, reason: str, executions: int, name: str = "") -> None:
        """Count executions left out for one reason."""
        self.executions[reason] += executions
        if name:
            self.names[reason] = tuple(sorted({*self.names.get(reason, ()), name})[:NAMED])

    def merge(self, other: LeftOut) -> None:
        """Add what was left out elsewhere."""
        self.executions.update(other.executions)
        self.durations.update(other.durations)
        self.fastest = min(self.fastest, other.fastest)
        for reason, names in other.names.items():
            self.names[reason] = tuple(sorted({*self.names.get(reason, ()), *names})[:NAMED])

    def covered(self) -> dict[str, Skipped]:
        """Return it as an input's coverage shows it."""
        return {
            reason: Skipped(number, self.names.get(reason, ()))
            for reason, number in sorted(self.executions.items())
            if number
        }
