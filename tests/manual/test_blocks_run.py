"""Every command block of the manual runs as it stands, on a real server as production."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.manual.blocks import Block, blocks
from tests.manual.conftest import UNPRIVILEGED, Stage, begin

SHELL = [block for block in blocks() if block.language == "sh"]
RUN = [block for block in SHELL if not block.mark]
FIRST = "docs/start.md"


def told(stage: Stage, block: Block) -> str:
    done = stage.run(block.text)
    assert done.returncode == 0, f"{block.page}\n{block.text}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("page", sorted({block.page for block in RUN} - {FIRST}))
def test_the_blocks_of_a_page_run_one_after_the_other(page: str, stage: Stage) -> None:
    for block in RUN:
        if block.page == page:
            told(stage, block)


def test_a_block_that_is_not_run_says_why_and_they_are_few() -> None:
    marked = [block for block in SHELL if block.mark]
    assert all(block.mark.startswith("no-run=") or block.mark == "cluster" for block in marked), marked
    assert len(marked) <= len(SHELL) / 2 and len(RUN) >= 15


def test_no_command_hides_in_a_block_of_another_kind() -> None:
    hidden = [block for block in blocks() if block.language in {"", "bash", "console", "shell"}]
    assert [block for block in hidden if block.text.lstrip().startswith(("advisor ", "pip ", "psql ", "$ "))] == []


@pytest.fixture
def newcomer(production: tuple[str, Path]) -> Iterator[Stage]:
    """A stage of a user without rights and with an empty home, where root can become one; else as whoever runs this."""
    with TemporaryDirectory(prefix="newcomer-") as folder:
        top = Path(folder)
        stage = begin(top / "team", production)
        if os.geteuid() == 0 and not subprocess.run([*UNPRIVILEGED, "sh", "-c", f"{sys.executable} -c ''"]).returncode:
            for path in [top, *top.rglob("*")]:
                os.chown(path, 65534, 65534, follow_symlinks=False)
            stage = replace(stage, before=UNPRIVILEGED)
        yield stage


def test_a_newcomer_follows_the_first_page_literally_to_a_verified_revision(newcomer: Stage) -> None:
    said = [told(newcomer, block) for block in RUN if block.page == FIRST]
    print("\n".join(said))  # every message on the way, for whoever reads a failure
    versions = list((newcomer.folder / "migrations" / "versions").glob("*.py"))
    assert versions and any("orders" in path.read_text() and "customer_id" in path.read_text() for path in versions)
    report = json.loads((newcomer.folder / "report.json").read_text())
    assert report["proof"]["passed"] and report["proof"]["revisions"]
    assert "n-plus-one" in {finding["name"] for finding in report["findings"]}
    assert "<html" in (newcomer.folder / "report.html").read_text()
    assert (newcomer.folder / "plans.json").is_file() and (newcomer.folder / "advisor.toml").is_file()
    assert "CREATE INDEX" in "".join(said)


def test_the_block_for_a_cluster_gives_what_one_machine_gives(stage: Stage) -> None:
    from distributed import LocalCluster

    (block,) = [block for block in SHELL if block.mark == "cluster"]
    with LocalCluster(n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster:
        scheduled = replace(stage, environment={**stage.environment, "SCHEDULER": cluster.scheduler_address})
        told(scheduled, block)
    assert stage.run("advisor capture -q logs -o alone.json.zst").returncode == 0
    assert (stage.folder / "week.json.zst").read_bytes() == (stage.folder / "alone.json.zst").read_bytes()
