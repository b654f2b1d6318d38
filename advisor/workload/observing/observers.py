"""What a log shows beside its queries, gathered from blocks in the order of the log."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from advisor.capture.assembly.side_messages import ConnectionMessage, Incident, SettingMessage
from advisor.capture.events import CapturedPlan, LockWait, TemporaryFile
from advisor.workload.counting.partial_aggregates import EntryKey
from advisor.workload.counting.sampling import Sampler
from advisor.workload.observed import Connections, Reuse
from advisor.workload.observed import Incident as IncidentSum
from advisor.workload.observing.busy import BusySum
from advisor.workload.observing.concurrency import ConcurrencyMeter
from advisor.workload.observing.reuse import ReuseMeter
from advisor.workload.observing.waits_and_spills import IncidentMeter

Known = list[tuple[Incident, EntryKey | None]]


@dataclass(slots=True)
class Contents:
    """Which executions had equal text and values, of those that a sampler picks."""

    entries: list[EntryKey] = field(default_factory=list)
    entry: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    end: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    content: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, dtype=np.uint32))


class Observers:
    """Takes what each block observed."""

    def __init__(self) -> None:
        self.connections = ConcurrencyMeter()
        self.incidents = IncidentMeter()
        self.plans: dict[EntryKey, tuple[float, str]] = {}
        """The plan of each entry's slowest planned execution."""
        self.reuses = ReuseMeter()
        self.sampler = Sampler()
        self.settings: list[SettingMessage] = []
        self.busy = BusySum()
        self.numbers: dict[EntryKey, str] = {}

    def take(self, incidents: Known, contents: Contents, kept: Container[EntryKey]) -> None:
        """Take in the next block; `kept` are the queries of which caches are simulated."""
        for incident, entry in incidents:
            self._incident(incident, entry)
        self._contents(contents, kept)

    def _incident(self, incident: Incident, entry: EntryKey | None) -> None:
        if isinstance(incident, LockWait | TemporaryFile):
            self.incidents.see(incident, self._name(entry) if entry is not None else None)
        elif isinstance(incident, CapturedPlan):
            if entry is not None:
                self.plans[entry] = max(self.plans.get(entry, (-1.0, "")), (incident.duration_ms, incident.plan))
        elif isinstance(incident, SettingMessage):
            self.settings.append(incident)
        elif isinstance(incident, ConnectionMessage) and incident.end is not None:
            self.connections.see(incident.end, incident.session, incident.kind, incident.user, incident.application)

    def _contents(self, contents: Contents, kept: Container[EntryKey]) -> None:
        wanted = [entry in kept for entry in contents.entries]
        for modulus, places in self.sampler.pick(contents.content):
            columns = (contents.end[places], contents.entry[places], contents.content[places])
            for end, entry, content in zip(*(column.tolist() for column in columns), strict=True):
                if wanted[entry]:
                    self.reuses.see(end / 1e6, self._name(contents.entries[entry]), content, float(modulus))

    def _name(self, entry: EntryKey) -> str:
        """Return what an entry is called until the ids are final."""
        if entry not in self.numbers:
            self.numbers[entry] = f"{entry[0]}\0{entry[1].decode('utf-8', 'replace')}"
        return self.numbers[entry]

    def reused(self, named: dict[EntryKey, str]) -> tuple[Reuse, ...]:
        """Return the queries that were asked again, under their final ids."""
        ids = {number: named[entry] for entry, number in self.numbers.items() if entry in named}
        found = (replace(one, query=ids[one.query]) for one in self.reuses.result() if one.query in ids)
        return tuple(sorted(found, key=lambda reuse: (-reuse.executions, reuse.query)))

    def waited(self, named: dict[EntryKey, str]) -> tuple[IncidentSum, ...]:
        """Return lock waits and temporary files by query."""
        ids = {number: named.get(entry) for entry, number in self.numbers.items()}
        found = (replace(one, query=ids.get(one.query) if one.query else None) for one in self.incidents.result())
        return tuple(sorted(found, key=lambda one: (one.kind, -one.total, one.query or "")))

    def connected(self, begin: float | None, end: float | None, units: int) -> Connections | None:
        """Return how connections were used, `None` when the log has no times."""
        if begin is None or end is None:
            return None
        seen = self.connections.result() or Connections(0, 0, None, 0, 0, begin, end, (0.0, 0.0, 0.0), 0)
        span = min(seen.begin, begin), max(seen.end, end)
        return replace(
            seen,
            begin=span[0],
            end=span[1],
            busy=self.busy.concurrency(),
            at_once=self.busy.at_once(),
            units=units,
            held=self.busy.held(),
        )
