"""Damaged logs: nothing fails, nothing hangs, and what could not be read is counted.

`damaged/` holds the session mix as PostgreSQL 18 wrote it, undamaged; the damage is done here.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.capture.detect import detect
from advisor.capture.record import Reader
from advisor.errors import InputError
from advisor.workload.collect import collect
from advisor.workload.engines.block import BlockReader

FOLDER = Path(__file__).parent
ORIGINALS = {
    "stderr": FOLDER / "damaged" / "rds.log.gz",
    "jsonlog": FOLDER / "damaged" / "rds.json.gz",
    "csvlog": FOLDER / "syslog" / "rich.csv.gz",
    "syslog": FOLDER / "syslog" / "rich.iso.gz",
}
RUBBISH = st.one_of(
    st.binary(max_size=12),
    st.sampled_from(
        [b"\n", b"\n\t", b'"', b'""', b"'", b"\\", b"\0", b",", b"{", b"}", b"LOG:  ", b"$1 = ", b"duration: "]
    ),
)


def original(form: str) -> bytes:
    data = gzip.decompress(ORIGINALS[form].read_bytes())[:20_000]
    return data[: data.rfind(b"\n") + 1]


READERS: dict[str, Reader] = {}


def reader_of(form: str) -> Reader:
    if form not in READERS:
        found = detect(original(form), form)
        READERS[form] = found.reader.reader(found.inner, None)
    return READERS[form]


@pytest.mark.parametrize("form", ["stderr", "jsonlog", "csvlog"])
def test_what_a_server_writes_is_read_by_the_quick_pattern(form: str) -> None:
    reader, text = reader_of(form), original(form)
    if form == "stderr":  # names of many words are for the careful pattern
        assert len(reader.quick(b"UTC").split(text)) > 500  # type: ignore[attr-defined]
    else:
        assert reader._quickly(text) is not None  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", ORIGINALS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damage_is_counted_not_fatal(form: str, data: st.DataObject) -> None:
    text = original(form)
    for _ in range(data.draw(st.integers(1, 4))):
        begin = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(begin, min(len(text), begin + 300)))
        text = text[:begin] + data.draw(RUBBISH) + text[end:]
    result = BlockReader(reader_of(form), ()).read(text, len(text))
    whole = BlockReader(reader_of(form), ()).read(original(form), len(original(form)))
    assert result.lines == text.count(b"\n")
    assert result.records >= whole.records // 2 or result.losses.reasons
    calls = sum(entry.calls for entry in result.counted.partial.entries.values())
    assert calls > 0 or result.losses.reasons


@pytest.mark.parametrize("form", ORIGINALS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_log_cut_short_anywhere_is_read_as_far_as_it_goes(form: str, data: st.DataObject) -> None:
    text = original(form)
    text = text[: data.draw(st.integers(len(text) // 2, len(text)))]
    result = BlockReader(reader_of(form), ()).read(text, len(text))
    assert result.records > 0 and result.counted.partial.entries


@pytest.mark.parametrize("form", ORIGINALS)
def test_the_end_that_is_missing_is_counted(form: str, tmp_path: Path) -> None:
    text = original(form)
    log = tmp_path / "cut.log"
    log.write_bytes(text[:-40])
    cut = collect([str(log)], jobs=1)
    log.write_bytes(text)
    whole = collect([str(log)], jobs=1)
    assert whole.inputs[0].records - cut.inputs[0].records <= 1
    assert cut.inputs[0].skipped or cut.inputs[0].executions in (
        whole.inputs[0].executions,
        whole.inputs[0].executions - 1,
    )


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=400))
def test_any_bytes_give_a_workload_or_one_clear_error(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("any") / "input"
    path.write_bytes(data)
    try:
        collect([str(path)], jobs=1)
    except InputError as error:
        assert error.where and error.do
