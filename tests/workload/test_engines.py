"""However many processes read a log, and wherever they run, the workload is the same, and none is left behind."""

from __future__ import annotations

import gzip
from pathlib import Path

import psutil
import pytest

from advisor.errors import InputError
from advisor.workload.collect import collect
from advisor.workload.engines import blocks
from advisor.workload.model import Workload

CORPUS = Path(__file__).parent.parent / "nplus1_corpus" / "data"
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


@pytest.fixture(scope="module", params=["default", "held_out_default", "held_out"])
def corpus(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Workload]:
    """A log of real applications, under the default prefix too, and what it is in one piece."""
    path = tmp_path_factory.mktemp("corpus") / f"{request.param}.log"
    path.write_bytes(gzip.decompress((CORPUS / f"{request.param}.log.gz").read_bytes()))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(blocks, "SIZE", 64 << 20)
        return str(path), collect([str(path)], jobs=1)


@pytest.mark.parametrize(("size", "jobs"), [(2 << 20, 1), (1 << 20, 2), (300_000, 1), (70_000, 3)])
def test_it_does_not_matter_where_a_log_is_cut(
    corpus: tuple[str, Workload], size: int, jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, whole = corpus
    monkeypatch.setattr(blocks, "SIZE", size)
    cut = collect([path], jobs=jobs)
    assert cut.queries == whole.queries
    assert cut.loops == whole.loops
    assert cut.connections == whole.connections
    assert cut == whole


def test_no_process_is_left_behind(log: str) -> None:
    collect([log], jobs=2)
    assert not [
        child
        for child in psutil.Process().children(recursive=True)
        if "advisor.workload.engines.worker" in " ".join(child.cmdline())
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
