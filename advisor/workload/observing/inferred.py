"""What the logging settings were, judged by the log itself, and what they hide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from advisor.capture.assembly.side_messages import SettingMessage
from advisor.capture.record import FETCH, PHASE
from advisor.workload.counting.sketch import quantile

ENOUGH = 100
"""Executions from which a threshold can be inferred."""
FASTEST = 95
"""Microseconds: where nothing is faster than this, something is left out."""
EDGE = 1.5
"""A threshold shows as an edge: this many times above the fastest execution …"""
AT_EDGE = 0.03
"""… lie at least this share of all."""
STEPS = (1.0, 2.0, 2.5, 5.0)
RATES = ("log_statement_sample_rate", "log_transaction_sample_rate")


@dataclass(frozen=True, slots=True)
class Inferred:
    """Settings as coverage reports them, and what they hide, in sentences."""

    settings: Mapping[str, str] = field(default_factory=dict)
    hides: tuple[str, ...] = ()
    weight: float = 1.0
    """Executions that one logged execution stands for."""


def infer(
    histogram: Counter[int],
    fastest: int | None,
    roles: Counter[int],
    messages: Sequence[SettingMessage],
    begin: float | None,
) -> Inferred:
    """Return the settings; `histogram` and `fastest` are of the durations of all executions, in microseconds."""
    settings = {"protocol": "extended" if roles[PHASE] or roles[FETCH] else "simple"}
    hides: list[str] = []
    known = {message.name: message.value for message in messages}
    threshold = _threshold(histogram, fastest, known)
    if threshold is not None:
        settings["threshold"] = f"{threshold:g} ms"
        hides.append(
            f"statements faster than about {threshold:g} ms are not in the log: loops, calls and totals "
            "are those of slow executions only"
        )
    weight = 1.0
    for name in RATES:
        rate = _rate(known.get(name))
        if rate is not None:
            what = "transactions" if "transaction" in name else "statements"
            settings["sampling"] = f"{rate:g} of all {what} ({name})"
            hides.append(_sampled(what, rate))
            if _throughout(messages, name, begin):
                weight /= rate
    if histogram.total() == 0:
        hides.append("the log holds no durations: set log_min_duration_statement or log_duration to see time spent")
    return Inferred(settings, tuple(hides), weight)


def _threshold(histogram: Counter[int], fastest: int | None, known: Mapping[str, str]) -> float | None:
    """Return the threshold in milliseconds, as the server announced it or as the durations show it."""
    said = known.get("log_min_duration_statement", "")
    if said.isdigit() and int(said) > 0:
        return float(said)
    total = histogram.total()
    if fastest is None or fastest < FASTEST or total < ENOUGH:
        return None
    low = quantile(histogram, AT_EDGE)
    if low is None or low * 1000 > EDGE * fastest:
        return None
    unit = 1.0
    while unit * 10 <= fastest / 1000:
        unit *= 10
    while unit > fastest / 1000 * 1.06:
        unit /= 10
    return max(unit * step for step in STEPS if unit * step <= fastest / 1000 * 1.06)


def _rate(value: str | None) -> float | None:
    try:
        rate = float(value or "")
    except ValueError:
        return None
    return rate if 0 < rate < 1 else None


def _sampled(what: str, rate: float) -> str:
    if what == "transactions":
        return f"only {rate:.0%} of the transactions are in the log; loops outside of transactions are torn"
    return f"only {rate:.0%} of the statements are in the log, at random: loops cannot be recognised"


def _throughout(messages: Iterable[SettingMessage], name: str, begin: float | None) -> bool:
    """Return whether a setting had one value from the beginning of the log on."""
    ours = [message for message in messages if message.name == name]
    first = ours[0].end
    return len({message.value for message in ours}) == 1 and first is not None and begin is not None and first <= begin
