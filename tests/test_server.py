"""A private server leaves nothing behind, however its process ends."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from advisor.errors import TwinError
from advisor.twin.servers.cache import cached
from advisor.twin.servers.claim import PREFIX, UNPRIVILEGED, Claim, reachable, sweep
from advisor.twin.servers.cluster import reachable_binaries
from advisor.twin.servers.server import Server, embedded_binaries

RUNS_A_SERVER = """
import sys, time
from advisor.twin.servers.server import Server, embedded_binaries
with Server(embedded_binaries()) as server:
    print(server.folder, server.process.pid, server._guard._process.pid, flush=True)
    {body}
"""


@contextmanager
def child(body: str = "time.sleep(60)") -> Iterator[tuple[subprocess.Popen[str], Path, int, int]]:
    """Run a process that holds a server; yield it, the server's folder, the server's pid and the guard's."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUNS_A_SERVER.format(body=body)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        folder, server, guard = process.stdout.readline().split()
        yield process, Path(folder), int(server), int(guard)
    finally:
        process.kill()
        process.wait()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or ") Z " not in stat.read_text()


def eventually(condition: Callable[[], bool]) -> bool:
    for _ in range(1200):
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_the_server_answers_and_leaves_no_folder_and_no_process() -> None:
    with Server(embedded_binaries()) as server:
        with server.connect() as connection:
            row = connection.execute("SHOW server_version_num").fetchone()
            assert row is not None and int(row[0]) >= 180000
        folder, process = server.folder, server.process
    assert not folder.exists()
    assert process is not None and process.poll() is not None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers as another user")
def test_root_runs_each_server_as_a_user_of_its_own_in_a_closed_folder() -> None:
    with Server(embedded_binaries()) as one, Server(embedded_binaries()) as other:
        for server in (one, other):
            assert server.process is not None and server.user not in (None, 0, UNPRIVILEGED)
            assert Path(f"/proc/{server.process.pid}").stat().st_uid == server.user
            found = server.folder.stat()
            assert (found.st_uid, found.st_mode & 0o777) == (server.user, 0o700)
        assert one.user != other.user


def test_an_exception_leaves_nothing() -> None:
    with pytest.raises(RuntimeError), Server(embedded_binaries()) as server:
        folder, process = server.folder, server.process
        raise RuntimeError
    assert not folder.exists()
    assert process is not None and process.poll() is not None


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"])
def test_a_signal_to_the_parent_leaves_nothing(name: str) -> None:
    with child() as (process, folder, server, guard):
        process.send_signal(signal.Signals[name])
        assert eventually(lambda: not folder.exists())
        assert eventually(lambda: not alive(server) and not alive(guard))


def test_a_signal_to_the_whole_terminal_session_leaves_nothing() -> None:
    with child() as (process, folder, server, guard):
        os.killpg(process.pid, signal.SIGINT)
        assert eventually(lambda: not folder.exists())
        assert eventually(lambda: not alive(server) and not alive(guard))


def test_a_parent_killed_while_the_cluster_is_made_leaves_nothing() -> None:
    script = """
import advisor.twin.servers.cache
from advisor.twin.servers.server import Server, embedded_binaries
advisor.twin.servers.cache._roots = lambda: []  # so that initdb runs
with Server(embedded_binaries()):
    pass
"""
    process = subprocess.Popen([sys.executable, "-c", script])
    try:
        assert eventually(lambda: any((folder / "data").exists() for folder in folders_of(process.pid)))
        (made,) = folders_of(process.pid)
    finally:
        process.kill()
        process.wait()
    assert eventually(lambda: not made.exists())


def folders_of(pid: int) -> list[Path]:
    """Return the folders that a process owns; other tests and other users have theirs beside them."""
    found = []
    for root in ("/dev/shm", tempfile.gettempdir()):
        for owner in Path(root).glob(f"{PREFIX}*/owner"):
            with contextlib.suppress(OSError):
                if owner.read_text().strip() == str(pid):
                    found.append(owner.parent)
    return found


def test_the_next_run_sweeps_what_parent_and_guard_could_not() -> None:
    with child() as (process, folder, server, guard):
        os.kill(guard, signal.SIGKILL)
        process.kill()
        process.wait()
        sweep()  # or that of another test at the same moment
        assert eventually(lambda: not folder.exists())
        assert eventually(lambda: not alive(server))


def test_a_sweep_spares_the_living_and_what_is_not_ours() -> None:
    stranger = Path(tempfile.mkdtemp(prefix=PREFIX))
    elsewhere = Path(tempfile.mkdtemp())
    link = stranger.with_name(stranger.name + "-link")
    link.symlink_to(elsewhere)
    claim = Claim(room=1)
    try:
        removed = sweep()
        assert claim.folder not in removed and claim.folder.exists()
        assert stranger not in removed and stranger.exists()
        assert link not in removed and elsewhere.exists()
    finally:
        claim.release()
        link.unlink()
        stranger.rmdir()
        elsewhere.rmdir()
    assert not claim.folder.exists()


def test_several_servers_at_once_do_not_meet() -> None:
    with Server(embedded_binaries()) as one, Server(embedded_binaries()) as other:
        assert one.folder != other.folder
        with one.connect() as connection:
            connection.execute("CREATE DATABASE mine")
        with pytest.raises(psycopg.OperationalError):
            other.connect("mine")


def test_a_setting_the_server_refuses_is_one_clear_error_and_leaves_nothing() -> None:
    server = Server(embedded_binaries(), {"work_mem": "much"})
    with pytest.raises(TwinError, match="work_mem"), server:
        pass
    assert not server.folder.exists()


def test_missing_binaries_are_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(TwinError, match="did not start"), Server(tmp_path):
        pass


@pytest.mark.parametrize("hostile", [False, True])
def test_the_cache_shows_complete_folders_only_and_trusts_nobody(
    hostile: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "pgadvisor"
    monkeypatch.setattr("advisor.twin.servers.cache._roots", lambda: [root])
    if hostile:
        root.mkdir(mode=0o777)
        root.chmod(0o777)
    made = cached("thing", lambda draft: (draft / "file").touch())
    if hostile:
        assert made is None and not (root / "thing").exists()
    else:
        assert made == root / "thing" and (made / "file").exists()
        assert cached("thing", lambda draft: pytest.fail("it is there already")) == made
        assert [path.name for path in root.iterdir()] == ["thing"]


def test_a_fill_that_fails_leaves_no_half_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("advisor.twin.servers.cache._roots", lambda: [tmp_path / "pgadvisor"])

    def fail(draft: Path) -> None:
        (draft / "file").touch()
        raise OSError

    with pytest.raises(OSError):
        cached("thing", fail)
    assert list((tmp_path / "pgadvisor").iterdir()) == []


@pytest.mark.parametrize("days", [-30, 30])
def test_a_clock_that_jumps_removes_what_was_left_and_nothing_that_is_being_filled(
    days: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "pgadvisor"
    monkeypatch.setattr("advisor.twin.servers.cache._roots", lambda: [root])
    (root / ".draft-left").mkdir(parents=True)
    then = time.time() + days * 86_400
    os.utime(root / ".draft-left", (then, then))

    def fill(draft: Path) -> None:
        os.utime(draft, (then, then))
        cached("other", lambda other: (other / "file").touch())
        (draft / "file").touch()

    assert cached("thing", fill) == root / "thing"
    assert sorted(path.name for path in root.iterdir()) == ["other", "thing"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers as another user")
def test_root_in_a_closed_home_gets_a_server_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, package = tmp_path / "home", embedded_binaries().parent.parent
    shutil.copytree(package, home / package.name, symlinks=True)
    shutil.copytree(package.with_name(f"{package.name}.libs"), home / f"{package.name}.libs")
    home.chmod(0o700)
    binaries = home / package.name / "pginstall" / "bin"
    assert not reachable(binaries)
    with Server(binaries) as server, server.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        copy = reachable_binaries(binaries)
    assert copy != binaries and reachable(copy)
    assert copy.stat().st_uid != UNPRIVILEGED
    shutil.rmtree(copy.parent.parent.parent)
