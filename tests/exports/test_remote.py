"""Inputs in object storage are read where they are, compressed or not."""

from __future__ import annotations

import gzip
import re

import fsspec
import pytest

from advisor.errors import InputError
from advisor.workload.collect import collect
from tests.exports.conftest import Exporter


@pytest.fixture
def bucket(exporter: Exporter) -> str:
    store = fsspec.filesystem("memory")
    data = exporter.copy(exporter.select())
    store.pipe("/bucket/exports/statements.csv", data)
    store.pipe("/bucket/exports/statements.csv.gz", gzip.compress(data))
    return "memory://bucket/exports"


@pytest.mark.parametrize("name", ["statements.csv", "statements.csv.gz", "*.gz"])
def test_a_remote_export_is_read_like_a_local_one(bucket: str, name: str, exporter: Exporter) -> None:
    workload = collect([f"{bucket}/{name}"])
    (coverage,) = workload.inputs
    assert coverage.name.startswith("memory://") and coverage.records > 0
    notes = " ".join(workload.notes)
    left = sum(
        float(calls) for calls in re.findall(r"left out: \d+ statements \((\d+) calls\) that read the system", notes)
    )
    assert sum(query.calls for query in workload.queries) + left == coverage.executions


def test_a_remote_file_that_is_missing_is_named(bucket: str) -> None:
    with pytest.raises(InputError, match=r"memory://.*missing.csv"):
        collect([f"{bucket}/missing.csv"])


@pytest.mark.parametrize("address", ["s3://bucket/x.csv", "gs://bucket/x.csv", "az://bucket/x.csv"])
def test_a_store_without_its_driver_says_what_to_install(address: str) -> None:
    with pytest.raises(InputError) as caught:
        collect([address])
    assert address.split("//")[0] in str(caught.value)
