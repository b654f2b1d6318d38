"""Which contents are followed does not depend on how a log is cut, nor on who reads which block."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.workload.counting import sampling
from advisor.workload.counting.sampling import Sampler

BLOCKS = st.lists(st.tuples(st.integers(0, 2), st.binary(max_size=40).map(list)), max_size=12)
"""Bytes are drawn at once, numbers one by one: a busy machine takes too long for those."""


def picked(sampler: Sampler, block: list[int]) -> list[tuple[int, int]]:
    """What a sampler picks: each content with what it stands for."""
    column = np.array(block, dtype=np.uint32)
    return [(value, modulus) for modulus, places in sampler.pick(column) for value in column[places].tolist()]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "SEEN", 5)


@given(BLOCKS)
def test_the_reader_of_some_blocks_leaves_out_nothing_that_is_picked_in_the_end(
    blocks: list[tuple[int, list[int]]],
) -> None:
    workers, whole, in_parts = [Sampler() for _ in range(3)], Sampler(), Sampler()
    expected = picked(whole, [value for _, block in blocks for value in block])
    found = [
        pair for worker, block in blocks for pair in picked(in_parts, [v for v, _ in picked(workers[worker], block)])
    ]
    assert found == expected


@given(st.binary(min_size=1, max_size=300).map(list))
def test_each_fifth_pick_halves_what_is_followed(contents: list[int]) -> None:
    picks = picked(Sampler(), contents)
    assert all(value % modulus == 0 for value, modulus in picks)
    assert [modulus for _, modulus in picks] == [1 << (number // 5) for number in range(len(picks))]
