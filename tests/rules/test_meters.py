"""The meters behind the cache, connection and wait findings count what a person would count by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.capture.events import LockWait, TemporaryFile
from advisor.workload.observed import Reuse
from advisor.workload.observing.concurrency import ConcurrencyMeter
from advisor.workload.observing.reuse import CACHES, ReuseMeter
from advisor.workload.observing.waits_and_spills import IncidentMeter


def reuse_of(asked: list[tuple[float, int]]) -> Reuse:
    meter = ReuseMeter()
    for time, content in asked:
        meter.see(time, "q", content)
    (found,) = meter.result()
    return found


def rate(found: Reuse, entries: int | None, ttl_s: float) -> float:
    return next(cache.hit_rate for cache in found.rates if (cache.entries, cache.ttl_s) == (entries, ttl_s))


def test_what_is_asked_again_within_its_time_to_live_would_have_been_a_hit() -> None:
    found = reuse_of([(0, 1), (5, 1), (12, 1), (30, 1), (31, 2)])
    assert (found.executions, found.distinct) == (5, 2)
    assert rate(found, 1000, 10.0) == 1 / 5, "5 is within ten seconds of 0; 12 and 30 are stale and store anew"
    assert rate(found, 1000, 60.0) == 3 / 5


def test_a_cache_that_is_too_small_forgets_the_least_recently_used() -> None:
    round_trip = [(float(i), i % 150) for i in range(450)]
    found = reuse_of(round_trip)
    assert rate(found, 100, 60.0) == 0.0
    assert rate(found, None, 600.0) == 300 / 450


def test_queries_that_never_repeat_are_left_out() -> None:
    meter = ReuseMeter()
    for content in range(50):
        meter.see(float(content), "q", content)
    assert meter.result() == ()


@given(st.lists(st.tuples(st.floats(0, 1000), st.integers(0, 30)), min_size=2))
def test_a_larger_or_longer_lived_cache_never_has_fewer_hits(asked: list[tuple[float, int]]) -> None:
    meter = ReuseMeter()
    for time, content in sorted(asked):
        meter.see(time, "q", content)
    for found in meter.result():
        assert rate(found, 100, 60.0) <= rate(found, 1000, 60.0)
        assert len(found.rates) == sum(len(ttls) for _, ttls in CACHES)
        assert all(0 <= cache.hit_rate <= 1.000001 - found.distinct / found.executions for cache in found.rates)


def test_a_probe_that_is_never_authorised_is_no_open_connection() -> None:
    meter = ConcurrencyMeter()
    for number in range(30):
        meter.see(number / 10, f"probe {number}", "received", None, None)
    meter.see(4.0, "a", "received", None, None)
    meter.see(4.1, "a", "authorized", "web", "shop")
    meter.see(9.0, "a", "disconnected", "web", "shop")
    seen = meter.result()
    assert seen is not None
    assert (seen.opened, seen.closed, seen.peak, seen.median_life_s) == (1, 1, 1, 5.0)


def test_connections_are_counted_once_and_their_lives_measured() -> None:
    meter = ConcurrencyMeter()
    for number in range(4):
        meter.see(number * 10.0, f"s{number}", "received", None, None)
        meter.see(number * 10.0, f"s{number}", "authorized", "app", "web")
    for number, life in enumerate([0.2, 0.4, 0.9, 25.0]):
        meter.see(number * 10.0 + life, f"s{number}", "disconnected", "app", "web")
    found = meter.result()
    assert found is not None
    assert (found.opened, found.closed, found.short, found.by_application) == (4, 4, 3, (("web", 4),))
    assert found.median_life_s == pytest.approx(0.9)


def test_a_transaction_holds_its_connection_while_it_idles_and_a_statement_only_while_it_runs() -> None:
    meter = ConcurrencyMeter()
    meter.see_unit(100.0, 104.0, 500.0, 3, True, "web")
    meter.see_unit(100.0, 104.0, 500.0, 3, False, "web")
    found = meter.result()
    assert found is not None
    assert found.busy == pytest.approx((1.0, 1.5, 1.5))
    (held,) = found.held
    assert (held.transactions, held.idle, held.idle_ms) == (1, 1, pytest.approx(3500.0))


def test_waits_and_files_are_summed_by_query_and_a_wait_counts_when_it_is_over() -> None:
    meter = IncidentMeter()
    for acquired in (False, True):
        meter.see(LockWait(1200.0, "transactionid", "UPDATE t", "s", acquired), "q")
    meter.see(TemporaryFile(1000, "SELECT", "s"), "r")
    meter.see(TemporaryFile(3000, "SELECT", "s"), "r")
    assert [(found.kind, found.query, found.count, found.total, found.largest) for found in meter.result()] == [
        ("lock-wait", "q", 1, 1200.0, 1200.0),
        ("temporary-file", "r", 2, 4000, 3000),
    ]
