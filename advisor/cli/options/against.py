"""`advisor check --against REF`: the plans of another commit's migrations, on the same server and statistics."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.catalog.snapshot import Snapshot
from advisor.errors import UsageError
from advisor.gate.as_of_then import moving
from advisor.gate.baseline import Baseline
from advisor.gate.check_plans import record
from advisor.gate.merge_baseline import with_known
from advisor.pipeline.gate_inputs import ReadOptions, analysed_inputs, calls_a_day, statements_of
from advisor.pipeline.pending_revisions import Pending
from advisor.pipeline.straight_line import size_of
from advisor.progress import Progress
from advisor.twin.servers.environment import terminal
from advisor.twin.start import start_twin

if TYPE_CHECKING:
    from advisor.verify.running.runner import RunOptions


@dataclass(frozen=True, slots=True)
class Base:
    """What is compared with."""

    ref: str | None
    """The commit; `None` where nobody asked for one."""
    alembic: Path | None
    files: tuple[Path, ...]
    """SQL migrations of the merge; those that the commit has as well belong to it."""


def base_plans(
    base: Base,
    source: Snapshot,
    provider: str,
    running: RunOptions,
    inputs: tuple[str, ...],
    reading: ReadOptions,
    role: str | None,
    accepted: Baseline | None,
    progress: Progress,
) -> Baseline | None:
    """Return the plans that the baseline's queries, or those of the inputs, have with the migrations of a commit.

    What is accepted stays where nobody asked for a commit. Raises `UsageError` where git does not know the commit.
    """
    if base.ref is None:
        return accepted
    with _tree(base) as (alembic, files):
        pending = Pending(alembic, files, source, running, provider, Progress(quiet=True), accepted)
        prepare = pending.prepare if alembic or files else None
        with start_twin(source, provider, prepare=prepare, size_of=size_of) as twin:
            known = pending.accepted or accepted
            analysed = analysed_inputs(inputs, reading, twin, role) if inputs and known is None else None
            statements = with_known(statements_of(analysed, known, twin), known, moving(known, source.captured))
            about = (twin.schema, twin.statistics, twin.what_if, source.settings, calls_a_day(analysed, known))
            recorded, refused = record(statements, *about, source.captured)
    progress.note(f"plans of {base.ref}: {len(recorded.queries)} queries, {len(refused)} that it does not plan")
    return replace(recorded, settings={**recorded.settings, **pending.settings})


@contextmanager
def _tree(base: Base) -> Iterator[tuple[Path | None, tuple[Path, ...]]]:
    """Yield the commit's Alembic configuration and SQL migrations, in a folder that is gone afterwards."""
    place = _paths(base)[0].absolute()
    top = Path(_git(place.parent, "rev-parse", "--show-toplevel").decode().strip())
    commit = (
        _git(top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{base.ref}^{{commit}}").decode().strip()
    )
    with tempfile.TemporaryDirectory(prefix="pgadvisor-base-") as folder:
        with tarfile.open(fileobj=io.BytesIO(_git(top, "archive", "--format=tar", commit))) as archive:
            archive.extractall(folder, filter="data")
        there = [Path(folder) / one.resolve().relative_to(top.resolve()) for one in _paths(base)]
        alembic = there[0] if base.alembic and there[0].is_file() else None
        yield alembic, tuple(one for one in there[1 if base.alembic else 0 :] if one.is_file())


def _paths(base: Base) -> Sequence[Path]:
    return ([base.alembic] if base.alembic else []) + list(base.files)


def _git(folder: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False, env=terminal())
    except OSError as error:
        raise UsageError(f"--against needs git: {error.strerror}", do="install git") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().split("\n")[0] or "it is no commit"
        raise UsageError(f"--against: {said}", where=str(folder), do="name a commit that is fetched (fetch-depth: 0)")
    return done.stdout
