"""Sums lock waits and temporary files by query."""

from __future__ import annotations

from dataclasses import replace

from advisor.capture.events import LockWait, TemporaryFile
from advisor.workload.observed import Incident


class IncidentMeter:
    """Takes lock waits and temporary files, in any order."""

    def __init__(self) -> None:
        self._incidents: dict[tuple[str | None, ...], Incident] = {}

    def see(self, event: LockWait | TemporaryFile, query_id: str | None) -> None:
        """Count one event of a query; a wait that was reported before it was over counts once, when it is."""
        if isinstance(event, TemporaryFile):
            self._add(Incident("temporary-file", query_id, 1, event.size, event.size))
        elif event.acquired:
            waited = event.waited_ms
            self._add(Incident("lock-wait", query_id, 1, waited, waited, event.relation, event.lock))

    def result(self) -> tuple[Incident, ...]:
        """Return the sums, largest first within each kind."""
        return tuple(sorted(self._incidents.values(), key=lambda found: (found.kind, -found.total, found.query or "")))

    def _add(self, incident: Incident) -> None:
        key = (incident.kind, incident.query, incident.relation, incident.lock)
        if old := self._incidents.get(key):
            count, total = old.count + 1, old.total + incident.total
            incident = replace(old, count=count, total=total, largest=max(old.largest, incident.largest))
        self._incidents[key] = incident
