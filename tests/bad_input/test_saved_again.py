"""A log or export that went through an editor, an archive, another system or a power cut says what it said before."""

from __future__ import annotations

import csv
import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from advisor.capture import limits
from advisor.capture.files.zstd import compress
from advisor.errors import InputError
from advisor.workload.collect import collect
from benchmarks.fuzz.target import SEEDS

FILES = (
    "stderr/default", "stderr/rds", "csvlog/default", "jsonlog/default", "syslog/rich.iso", "exports/form-csv",
    "envelopes/cloudwatch-export--rds-prefix", "envelopes/azure-log-analytics-csv", "exports/sql-file",
)  # fmt: skip


def tarred(mode: str) -> Callable[[bytes], bytes]:
    def make(data: bytes) -> bytes:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode=mode) as archive:
            entry = tarfile.TarInfo("log/a.log")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        return buffer.getvalue()

    return make


def zipped(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("log/a.log", data)
    return buffer.getvalue()


def nul_between_lines(data: bytes) -> bytes:
    """What a power cut leaves: a block of NULs where something was to be written."""
    place = data.index(b"\n", len(data) // 2) + 1
    return data[:place] + bytes(3000) + data[place:]


WAYS: dict[str, Callable[[bytes], bytes]] = {
    "UTF-8 with a mark": lambda data: b"\xef\xbb\xbf" + data,
    "UTF-16": lambda data: data.decode().encode("utf-16"),
    "UTF-16, big end first": lambda data: b"\xfe\xff" + data.decode().encode("utf-16-be"),
    "line ends of Windows": lambda data: data.replace(b"\n", b"\r\n"),
    "tar": tarred("w"),
    "tar.gz": tarred("w:gz"),
    "zip": zipped,
    "gzip": gzip.compress,
}


def requoted(quoting: Literal[0, 1]) -> Callable[[bytes], bytes]:
    def make(data: bytes) -> bytes:
        out = io.StringIO(newline="")
        csv.writer(out, quoting=quoting).writerows(csv.reader(io.StringIO(data.decode(), newline="")))
        return out.getvalue().encode()

    return make


def held(data: bytes, folder: Path) -> list[tuple[object, ...]]:
    path = folder / "file"
    path.write_bytes(data)
    workload = collect([str(path)], jobs=1)
    return sorted((query.id, query.text, query.calls, query.total_ms, len(query.samples)) for query in workload.queries)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FILES)
def test_it_says_what_it_said(name: str, way: str, tmp_path: Path) -> None:
    data = (SEEDS / name).read_bytes()
    assert held(WAYS[way](data), tmp_path) == held(data, tmp_path)


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL], ids=["few quotes", "quotes everywhere"])
@pytest.mark.parametrize("name", ["csvlog/default", "exports/form-csv", "envelopes/azure-log-analytics-csv"])
def test_a_table_may_be_quoted_otherwise(name: str, quoting: Literal[0, 1], tmp_path: Path) -> None:
    data = (SEEDS / name).read_bytes()
    assert held(requoted(quoting)(data), tmp_path) == held(data, tmp_path)


@pytest.mark.parametrize("name", ["stderr/default", "csvlog/default", "exports/sql-file"])
def test_a_power_cut_costs_nothing_but_what_was_not_written(name: str, tmp_path: Path) -> None:
    data = (SEEDS / name).read_bytes()
    assert held(nul_between_lines(data), tmp_path) == held(data, tmp_path)


def test_nul_bytes_are_named(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(nul_between_lines((SEEDS / "stderr/default").read_bytes()))
    assert any("NUL" in sentence for sentence in collect([str(path)], jobs=1).inputs[0].hides)


def test_a_file_that_unpacks_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_enforced", limits.Limits(unpacked=1 << 20))
    path = tmp_path / "w.json.zst"
    path.write_bytes(compress(b'{"format":"pgadvisor workload"' + b" " * (8 << 20)))
    with pytest.raises(InputError, match="unpacks to more than 100 times its size"):
        collect([str(path)])
