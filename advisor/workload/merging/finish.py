"""The last step of capture: partial aggregates become the `Workload`'s queries."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from advisor.capture.assembly.parameters import split_parameters
from advisor.capture.assembly.tags import tags_of
from advisor.workload.counting.partial_aggregates import Entry, EntryKey, Kept, Partial
from advisor.workload.counting.session_states import NOBODY, Context, Settings
from advisor.workload.counting.sketch import quantile
from advisor.workload.counting.text_slots import SlotMap, Values, normalised, slot_map
from advisor.workload.counting.textkey import text_keys
from advisor.workload.merging.query_order import most_calls_first
from advisor.workload.model import Query, Sample, Session, Slot

PARAMETER = re.compile(rb"\$[0-9]")

SAMPLES = 8
"""Samples kept of a query, the slowest among them."""

VALUES = 20
"""A tag with more values than this tells executions apart, not places in the application."""

COMMON = 16
"""Most common values kept of a slot."""


def names(partial: Partial) -> dict[EntryKey, str]:
    """Return each entry's query id: the fingerprint, with the database where it occurs in several."""
    held = Counter(identity for (identity, _), entry in partial.entries.items() if entry.calls or entry.failed)
    return {
        (identity, database): f"{identity}@{_text(database)}" if held[identity] > 1 and database else identity
        for identity, database in partial.entries
    }


def queries(
    partial: Partial,
    inputs: tuple[str, ...],
    plans: Mapping[EntryKey, tuple[float, str]],
    weight: float = 1.0,
    contexts: Sequence[Context] = (NOBODY,),
) -> tuple[Query, ...]:
    """Return the queries of a finished aggregate, heaviest first, ties by id.

    `contexts` says who ran the executions kept, by the numbers of their origins.
    """
    named = names(partial)
    made = [
        query(named[key], key[1], entry, inputs, plans[key][1] if key in plans else None, contexts)
        for key, entry in partial.entries.items()
        if entry.calls or entry.failed
    ]
    if weight != 1.0:
        made = [weighted(one, weight) for one in made]
    return tuple(sorted(made, key=lambda one: (-one.total_ms, one.id)))


def weighted(one: Query, weight: float) -> Query:
    """Return a query whose executions each stand for several, because the log was sampled."""
    return replace(
        one,
        calls=one.calls * weight,
        total_ms=one.total_ms * weight,
        plan_ms=one.plan_ms * weight if one.plan_ms is not None else None,
        failed=one.failed * weight,
        cancelled=one.cancelled * weight,
        errors=tuple((message, count * weight) for message, count in one.errors),
        samples=tuple(replace(sample, calls=sample.calls * weight) for sample in one.samples),
        sessions=tuple(replace(session, calls=session.calls * weight) for session in one.sessions),
    )


def tags(entry: Entry) -> dict[str, tuple[str, ...]]:
    """Return the tags in the comments of the executions kept: name to values, without those that change every time."""
    found: dict[str, set[str]] = {}
    for one in entry.kept:
        for name, value in tags_of(one.text).items():
            found.setdefault(name, set()).add(value)
    return {name: tuple(sorted(values)) for name, values in sorted(found.items()) if len(values) <= VALUES}


def query(
    identity: str,
    database: bytes,
    entry: Entry,
    inputs: tuple[str, ...],
    plan: str | None = None,
    contexts: Sequence[Context] = (NOBODY,),
) -> Query:
    """Return one entry as a query."""
    total = entry.total / 1000
    # What is kept does not depend on where the log was cut; the first text of a block does.
    entry.text = min((one.text for one in entry.kept), key=lambda text: (len(text), text), default=entry.text)
    slots = slot_map(entry.text)
    users = sorted({_text(user) for user, _ in entry.origins if user})
    applications = sorted({_text(application) for _, application in entry.origins if application})
    return Query(
        id=identity,
        fingerprint=entry.fingerprint,
        text=_shown(entry, slots),
        calls=float(entry.calls),
        total_ms=total,
        mean_ms=round(total / entry.timed, 6) if entry.timed else 0.0,
        p50_ms=_capped(entry, 0.5),
        p95_ms=_capped(entry, 0.95),
        p99_ms=_capped(entry, 0.99),
        durations=tuple(sorted(entry.histogram.items())),
        max_ms=entry.slowest.duration / 1000 if entry.slowest and entry.slowest.duration >= 0 else None,
        plan_ms=entry.phases / 1000 if entry.phases else None,
        samples=samples(entry, contexts),
        slots=slot_values(entry, slots) if slots else (),
        database=_text(database) or None,
        users=tuple(users),
        sessions=sessions(entry, contexts),
        applications=tuple(applications),
        tags=tags(entry),
        failed=float(entry.failed),
        cancelled=float(entry.cancelled),
        errors=tuple((message, float(count)) for message, count in sorted(entry.failures.items())),
        unparsed=entry.unparsed,
        inputs=inputs,
        plan=plan,
    )


def sessions(entry: Entry, contexts: Sequence[Context]) -> tuple[Session, ...]:
    """Return who ran an entry's executions: exactly where nothing was set, else judged by those that are kept."""
    held = [(contexts[one.origin].user, _shared(contexts[one.origin].settings)) for one in entry.kept]
    if any(settings for _, settings in held):
        weight = entry.calls / len(held)
        counts = Counter(held).items()
        return most_calls_first(Session(user, settings, round(count * weight, 6)) for (user, settings), count in counts)
    calls: Counter[str] = Counter()
    for (user, _), count in entry.origins.items():
        calls[_text(user)] += count
    found = (Session(user or None, (), float(count)) for user, count in calls.items())
    return most_calls_first(found) if any(calls) else ()


def _shared(settings: Settings) -> Settings:
    """Return settings without the application's own, which are values rather than ways to plan."""
    return tuple((name, value) for name, value in settings if "." not in name)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _capped(entry: Entry, share: float) -> float | None:
    """Return a quantile, not above the maximum that is known exactly."""
    found = quantile(entry.histogram, share)
    if found is None or entry.slowest is None:
        return found
    return min(found, entry.slowest.duration / 1000)


def _shown(entry: Entry, slots: SlotMap | None) -> str:
    """Return the text a report shows: normalised where the result still parses."""
    raw = entry.text.strip().rstrip(b";").rstrip()
    if slots is None:
        return raw.decode("utf-8", "replace")
    again = slot_map(raw)
    text = normalised(raw, again) if again else raw
    return (text if slot_map(text) is not None else raw).decode("utf-8", "replace")


def samples(entry: Entry, contexts: Sequence[Context] = (NOBODY,)) -> tuple[Sample, ...]:
    """Return a few executions kept whole: the most frequent, then as their hash would have it, and the slowest."""
    weight = entry.calls / len(entry.kept) if entry.kept else 1.0

    def content(one: Kept) -> _Content:
        return one.text, one.parameters, contexts[one.origin]

    counts = Counter(map(content, entry.kept))
    first: dict[_Content, Kept] = {}
    for one in sorted(entry.kept, key=lambda one: -one.duration):
        first.setdefault(content(one), one)
    if entry.slowest is not None:
        first.setdefault(content(entry.slowest), entry.slowest)
    ordered = sorted(first, key=lambda found: (-counts[found], _hash(found), found[0], found[1] or b"", repr(found[2])))
    if entry.slowest is not None:
        slowest = content(entry.slowest)
        ordered = [*[found for found in ordered if found != slowest][: SAMPLES - 1], slowest]
    made = (_sample(first[found], max(counts[found], 1) * weight, found[2]) for found in ordered[:SAMPLES])
    return tuple(sample for sample in made if sample is not None)


_Content = tuple[bytes, bytes | None, Context]


def _hash(content: _Content) -> int:
    return zlib.crc32(content[1] or b"", zlib.crc32(content[0]))


def _sample(one: Kept, calls: float, context: Context) -> Sample | None:
    """Return an execution as a sample, unless its bound values are not all known."""
    bound = split_parameters(one.parameters) if one.parameters is not None else None
    if PARAMETER.search(text_keys([one.text])[0]) and bound is None:
        return None
    duration = one.duration / 1000 if one.duration >= 0 else None
    return Sample(_text(one.text), bound, duration, round(calls, 6), *context)


def slot_values(entry: Entry, slots: SlotMap) -> tuple[Slot, ...]:
    """Return what each slot was, judged by the executions kept."""
    counts: list[Counter[str | None]] = [Counter() for _ in range(slots.size)]
    held = [0] * slots.size
    for values in vectors(entry.kept, slots.size):
        for slot, group in enumerate(values):
            counts[slot].update(set(group))
            held[slot] += bool(group)
    return tuple(_slot(count, number, entry) for count, number in zip(counts, held, strict=True))


def vectors(kept: Sequence[Kept], size: int) -> list[tuple[Values, ...]]:
    """Return the slot values of each execution whose text has `size` slots."""
    maps: dict[bytes, SlotMap | None] = {}
    found: list[tuple[Values, ...]] = []
    for key, one in zip(text_keys([one.text for one in kept]), kept, strict=True):
        if key not in maps:
            maps[key] = slot_map(one.text)
        slots = maps[key]
        if slots is not None and slots.size == size:
            bound = split_parameters(one.parameters) if one.parameters is not None else None
            found.append(slots.values(one.text, bound))
    return found


def _slot(counts: Counter[str | None], held: int, entry: Entry) -> Slot:
    scale = entry.calls / len(entry.kept) if entry.kept else 1.0
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0] is None, pair[0] or ""))
    common = tuple((value, round(count * scale, 3)) for value, count in ordered[:COMMON])
    return Slot(common, distinct(counts, entry.calls), round(held * scale, 3))


def distinct(counts: Counter[str | None], calls: int) -> int:
    """Return the number of distinct values among `calls` executions, by ANALYZE's estimator (Haas and Stokes)."""
    sampled, seen = counts.total(), len(counts)
    if calls <= sampled or not sampled:
        return seen
    once = sum(1 for count in counts.values() if count == 1)
    share = sampled - once + once * sampled / calls
    return min(calls, max(seen, round(sampled * seen / share))) if share else calls
