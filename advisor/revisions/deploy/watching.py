"""`advisor migrate --watch`: one line for each build whenever something about it has changed.

The time left is told within a phase, from the blocks or rows done since it began: what a later phase takes, and how
long a session keeps its transaction, nobody can know.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from advisor.capture.read_only_session import read_only_session
from advisor.revisions.deploy.builds import Build, builds

EVERY_SECONDS = 1.0
_LEAST_SECONDS = 2.0
"""A phase's rate is worth telling after this time."""
_PHASES = {
    "waiting for writers before build": "1 of 3, waits for writers",
    "building index": "1 of 3, builds",
    "waiting for writers before validation": "2 of 3, waits for writers",
    "index validation: scanning index": "2 of 3, reads the index again",
    "index validation: sorting tuples": "2 of 3, sorts",
    "index validation: scanning table": "2 of 3, looks for rows that came meanwhile",
    "waiting for old snapshots": "3 of 3, waits for old snapshots",
    "waiting for readers before marking dead": "waits for readers before marking the old one dead",
    "waiting for readers before dropping": "waits for readers before dropping",
}


@dataclass(frozen=True, slots=True)
class _Begun:
    """When a phase was first seen, and how much of it was done then."""

    phase: str
    moment: float
    share: float


def watch(url: str, *, idle_seconds: float, every_seconds: float = EVERY_SECONDS) -> Iterator[str]:
    """Yield a line for each change of each build until none has run for `idle_seconds`; raises `ServerError`.

    Each look is a transaction of its own: one that stayed open would be waited for by the very build it looks at.
    """
    begun: dict[int, _Begun] = {}
    last: dict[int, str] = {}
    seen = time.monotonic()
    while time.monotonic() - seen < idle_seconds:
        with read_only_session(url) as connection:
            found = builds(connection)
        now = time.monotonic()
        for pid in sorted(set(last) - {build.pid for build in found}):
            yield f"{last.pop(pid).split(':', 1)[0]}: over"
            begun.pop(pid, None)
        for build in found:
            seen = now
            begun[build.pid] = _phase(begun.get(build.pid), build, now)
            line = line_of(build, left(begun[build.pid], build, now))
            if line != last.get(build.pid):
                last[build.pid] = line
                yield line
        time.sleep(every_seconds)


def _phase(known: _Begun | None, build: Build, now: float) -> _Begun:
    share = build.share or 0.0
    if known is None or known.phase != build.phase or share < known.share:
        return _Begun(build.phase, now, share)
    return known


def left(begun: _Begun, build: Build, now: float) -> float | None:
    """Return the seconds that the phase still takes at its rate so far, `None` when that cannot be told yet."""
    share, passed = build.share, now - begun.moment
    if share is None or share <= begun.share or passed < _LEAST_SECONDS:
        return None
    return passed * (1 - share) / (share - begun.share)


def line_of(build: Build, seconds_left: float | None) -> str:
    """Return what is said of a build: what, which phase, how far, whom it waits for, the time left in this phase."""
    phase, _, detail = (
        build.phase.partition(": ") if build.phase.startswith("building index") else (build.phase, "", "")
    )
    parts = [f"{build.command} {build.index or '(name unknown)'} on {build.table}: {_PHASES.get(phase, phase)}"]
    parts += [detail] if detail else []
    parts += [f"{build.share:.0%}"] if build.share is not None else []
    if build.locker:
        age = f" for {build.locker_seconds:.0f} s" if build.locker_seconds is not None else ""
        who = f"session {build.locker} ({build.locker_application or 'no application name'}, {build.locker_state}{age})"
        parts.append(f"{build.lockers_done} of {build.lockers_total} waited for, now {who}")
    parts += [f"about {seconds_left:.0f} s left in this phase"] if seconds_left is not None else []
    parts += [f"{build.partitions_done} of {build.partitions_total} partitions"] if build.partitions_total else []
    return ", ".join(parts)
