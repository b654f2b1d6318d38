"""A workload file that was damaged on its way is refused with one sentence, never half read."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.capture.files.zstd import compress
from advisor.errors import InputError
from advisor.workload.collect import collect
from advisor.workload.model import Query, Sample, Slot, Workload
from advisor.workload.store import decode, encode, sniff


@cache
def data() -> bytes:
    slot = Slot((("7", 2.0), (None, 1.0)), 2, 3.0)
    sample = Sample("SELECT * FROM t WHERE id = 7", None, 1.5, 2.0)
    query = Query(
        id="a", fingerprint="a", text="SELECT * FROM t WHERE id = $1 -- é", calls=3.0, total_ms=4.5, mean_ms=1.5,
        samples=(sample,), slots=(slot,), tags={"route": ("/x",)}, counters={"wal_bytes": 1.0},
    )  # fmt: skip
    return encode(Workload((query,), begin=1.0, end=2.0, notes=("read",)))


def test_what_was_written_is_read_back() -> None:
    assert sniff(data()) == 1.0
    assert encode(decode(data(), "file")) == data()


def test_fields_of_a_later_version_are_passed_over() -> None:
    document = json.loads(data())
    document["workload"]["queries"][0]["invented_later"] = {"x": 1}
    assert decode(json.dumps(document).encode(), "file") == decode(data(), "file")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.integers(0, 2000), st.binary(max_size=4), st.integers(0, 40))
def test_damage_is_refused_or_harmless(place: int, extra: bytes, drop: int) -> None:
    damaged = data()[:place] + extra + data()[place + drop :]
    try:
        workload = decode(damaged, "file")
    except InputError as error:
        assert "file" in str(error)
    else:
        assert isinstance(workload, Workload)


def test_a_cut_off_archive_is_refused(tmp_path: Path) -> None:

    path = tmp_path / "workload.json.zst"
    packed = compress(data())
    path.write_bytes(packed[:-20])
    with pytest.raises(InputError):
        collect([str(path)])
