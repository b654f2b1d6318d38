"""No compiled pattern of the package backtracks over its input: four times the text takes about four times the work."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

import advisor
from advisor.capture.lines.infer import KNOWN
from advisor.capture.lines.prefix import compile_prefix
from advisor.capture.lines.server_messages import catalogues, english, language_named
from advisor.capture.records.stderr import StderrReader

PUMPS = (" ", "\n", "\t", "a", "0", "'", '"', "(", ")", "[", "-", "/*", "*/", "--\n", "$", "$$", ",", ", ", "a ", "a,", "1,", "''",
         '""', "\\", "=", "a=", ":", "LOG:  ", "duration: 1 ms  ", "0.", "0-", "a.b", "@", "%", "|", "| ", "+-", "x\n\t", "A=1 ")  # fmt: skip

SIZE = 1500
GROWTH = 40.0
"""Times the work that four times the text may take: 16 would be quadratic on a quiet machine, and noise is large."""
FLOOR = 0.01
"""Seconds of processor time below which growth says nothing."""


def patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Yield every pattern that a module of the package keeps, and those that readers of logs make."""
    for module in pkgutil.walk_packages(advisor.__path__, "advisor."):
        if ".worker" in module.name or module.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, re.Pattern):
                yield f"{module.name}.{name}", value
    for prefix in (*KNOWN, "%a %u %d %b %h [%p] ", "%10u %-12d %a%b%i "):
        reader = StderrReader(compile_prefix(prefix), english())
        yield f"record of {prefix!r}", reader.record
        yield f"start of {prefix!r}", reader.start
        yield f"quick of {prefix!r}", reader.quick(b"UTC")


def seconds(pattern: re.Pattern[Any], text: str) -> float:
    """Return the processor time that a match takes, at the beginning and right after a plausible one."""
    given = text.encode() if isinstance(pattern.pattern, bytes) else text
    began = time.process_time()
    pattern.match(given)
    return time.process_time() - began


@pytest.mark.parametrize("code", sorted(catalogues()))
def test_no_language_makes_a_line_without_an_end_slow(code: str) -> None:
    catalogue, prefix = catalogues()[code], "2026-11-01 10:00:00.001 UTC [77] "
    log = next(word for word, meaning in catalogue["severities"].items() if meaning == "LOG")
    pattern = StderrReader(compile_prefix("%m [%p] "), language_named(code)).quick(b"UTC")
    for template in catalogue["templates"].values():
        for word in catalogue["words"].values():
            begin = f"{prefix}{log}:  {template.replace('%s', '1', 1).replace('%s', word, 1).split('%s')[0]} "
            for pump in (" ", "a ", "a", "%"):
                once, more = (begin + pump * (times * SIZE // len(pump)) + "!" for times in (1, 4))
                if (long := seconds(pattern, more)) > FLOOR:
                    assert long < GROWTH * max(seconds(pattern, once), FLOOR / 10), f"{pump!r} after {begin!r}"


FOUND = dict(patterns())


@pytest.mark.parametrize("name", FOUND)
def test_four_times_the_text_takes_about_four_times_the_work(name: str) -> None:
    pattern = FOUND[name]
    for pump in PUMPS:
        for begin in ("", "2026-11-01 10:00:00.001 UTC [77] ", "SELECT '"):
            once = begin + pump * (SIZE // len(pump)) + "!"
            more = begin + pump * (4 * SIZE // len(pump)) + "!"
            if (long := seconds(pattern, more)) > FLOOR:
                assert long < GROWTH * max(seconds(pattern, once), FLOOR / 10), f"{pump!r} after {begin!r}"
