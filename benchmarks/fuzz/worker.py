"""A process that tries one input after the other and may be killed at any time: `campaign.py` starts and watches it.

Which input is under test, and since when, stands in a file that both have mapped; counts and failures go to the parent
as JSON lines.
"""

from __future__ import annotations

import gc
import json
import mmap
import os
import resource
import struct
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from benchmarks.fuzz.attempt import drawn, measured, tried
from benchmarks.fuzz.target import Place

UNDER_TEST = struct.Struct("<qdd")
"""Number of the input, the monotonic time at which it began (0 while none is tried), processor time used until then."""

ROOM = 4 << 30
"""Bytes of address space: an input that wants more ends in a MemoryError instead of the machine's end."""

LIFE = 4000
"""Inputs after which a worker makes room for a fresh one."""


def work(task: Mapping[str, Any], report: TextIO, shared: mmap.mmap) -> None:
    """Try the inputs `first`, `first + step`, … until the time is up, the number given is reached or life is over."""
    place = Place(Path(task["folder"]), task["server"])
    chosen, number = tuple(task["targets"]), task["first"]
    counts: Counter[str] = Counter()
    peaks: dict[str, float] = {}
    said = time.monotonic()
    for _ in range(LIFE):
        if time.time() > task["until"] or number >= task["stop"]:
            break
        target, data = drawn(task["seed"], number, chosen)
        shared[:] = UNDER_TEST.pack(number, time.monotonic(), time.process_time())
        found: dict[str, float] = {}
        began = time.process_time()
        with measured(found):
            outcome = tried(target, data, place)
        seconds = time.process_time() - began
        shared[:] = UNDER_TEST.pack(number, 0.0, 0.0)
        counts[f"{target.name}|tried"] += 1
        counts[f"{target.name}|{outcome.kind}"] += 1
        counts[f"{target.name}|milliseconds"] += round(seconds * 1000)
        peaks[target.name] = max(peaks.get(target.name, 0.0), found.get("megabytes", 0.0))
        if outcome.kind not in ("read", "refused"):
            say(report, {"number": number, "target": target.name, "kind": outcome.kind, "key": outcome.key,
                         "text": outcome.text})  # fmt: skip
        number += task["step"]
        if time.monotonic() - said > 1:
            say(report, {"counts": counts, "peaks": peaks, "next": number})
            counts, said = Counter(), time.monotonic()
    say(report, {"counts": counts, "peaks": peaks, "next": number})


def say(report: TextIO, what: Mapping[str, Any]) -> None:
    """Send one line to the parent."""
    report.write(json.dumps(what) + "\n")
    report.flush()


def main() -> None:
    """Do the task whose JSON is the first argument; the second is the descriptor to report to."""
    task = json.loads(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (ROOM, ROOM))
    os.chdir(task["folder"])
    gc.freeze()
    with open(int(sys.argv[2]), "w", encoding="utf-8") as report, open(task["shared"], "r+b") as file:  # noqa: PTH123
        shared = mmap.mmap(file.fileno(), UNDER_TEST.size)
        work(task, report, shared)


if __name__ == "__main__":
    main()
