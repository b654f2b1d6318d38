"""A process that reads for us and is killed, for want of memory say, is one clear error."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from advisor.capture.detect import detect
from advisor.capture.source import expand
from advisor.errors import WorkerError
from advisor.workload.block import Spec
from advisor.workload.logs import log_of
from advisor.workload.worker import Worker

LINES = "2026-01-01 00:00:00.000 UTC [7] LOG:  duration: 1.000 ms  statement: SELECT 1\n" * 50


def test_a_killed_worker_is_an_error_that_says_so(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    path.write_text(LINES)
    source = expand([str(path)])[0]
    spec = Spec(0, log_of(source, detect(source.head(), source.name), None).reader, ())
    worker = Worker()
    try:
        assert worker.read(spec, LINES.encode(), len(LINES)).records == 50
        worker.process.kill()
        time.sleep(0.1)
        with pytest.raises(WorkerError, match="ended before it was done"):
            worker.read(spec, LINES.encode(), len(LINES))
    finally:
        worker.stop()
    assert worker.process.returncode is not None
