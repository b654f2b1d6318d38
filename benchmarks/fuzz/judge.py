"""Judges answers: whether they say something, and whether a terminal may be shown them."""

from __future__ import annotations

import re

from advisor.workload.model import Workload
from benchmarks.fuzz.target import Silent, Unsafe

OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f‎‏‪-‮⁦-⁩\u2028\u2029\u061c\ufeff]")
"""Characters a terminal obeys, or that turn what is read around; line ends are judged by eye."""


def spoken(workload: Workload) -> Workload:
    """Return a workload that holds a query, or a note why it holds none; raises `Silent`."""
    if not workload.queries and not workload.notes:
        raise Silent("no query, no word")
    return workload


def shown(text: str, what: str) -> str:
    """Return a text that may be printed; raises `Unsafe`."""
    if found := OBEYED.search(text):
        place = found.start()
        raise Unsafe(f"{what} holds U+{ord(found[0]):04X}: …{text[max(0, place - 60) : place + 20]!r}")
    return text
