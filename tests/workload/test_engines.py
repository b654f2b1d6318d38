"""However many processes read a log, and wherever they run, the workload is the same, and none is left behind."""

from __future__ import annotations

import gzip
from pathlib import Path

import psutil
import pytest

from advisor.errors import InputError
from advisor.workload import blocks
from advisor.workload.collect import collect
from advisor.workload.model import Workload

LOG = Path(__file__).parent.parent / "capture_logs" / "damaged" / "rds.log.gz"


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(blocks, "SIZE", 20_000)
    path = tmp_path / "server.log"
    path.write_bytes(gzip.decompress(LOG.read_bytes()))
    return str(path)


@pytest.fixture
def alone(log: str) -> Workload:
    return collect([log], jobs=1)


def test_three_processes_give_what_one_gives(log: str, alone: Workload) -> None:
    assert collect([log], jobs=3) == alone


def test_no_process_is_left_behind(log: str) -> None:
    collect([log], jobs=2)
    assert not [
        child
        for child in psutil.Process().children(recursive=True)
        if "advisor.workload.worker" in " ".join(child.cmdline())
    ]


def test_a_dask_cluster_gives_what_this_machine_gives(log: str, alone: Workload) -> None:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=40
    ) as cluster:
        assert collect([log], scheduler=cluster.scheduler_address) == alone


def test_a_scheduler_that_does_not_answer_is_one_clear_error(log: str) -> None:
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        collect([log], scheduler="tcp://127.0.0.1:9")
