"""The process in which revisions run: a scrubbed environment, a folder of its own, a deadline, one database.

It is started when it is first needed and ends with us, however we end.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import site
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from advisor.analysis.deeds import pieces
from advisor.errors import ProofError, UsageError
from advisor.twin.servers.guard import Guard
from advisor.verify.running.look import Looked
from advisor.verify.running.pipe_messages import Answer, Begins, Done, Failed, Opening, Part, Pieces, Request

ALLOWED = (
    "PATH", "LANG", "LANGUAGE", "LC_ALL", "LC_COLLATE", "LC_CTYPE", "LC_MESSAGES", "LC_MONETARY", "LC_NUMERIC",
    "LC_TIME", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV",
)  # fmt: skip
"""Environment variables that a revision sees of ours, where they are set; `HOME` is its own folder."""
_LONGEST = 64 * 1024 * 1024
"""Bytes of one answer; a longer one is none of ours."""
_START = 60.0
"""Seconds that the process may take until the first revision begins: imports, and the connection."""
_PROGRAM = "pgadvisor_revisions.py"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How revisions are run."""

    python: Path | None = None
    """Interpreter of the environment that holds the team's packages; ours when not given."""
    pass_env: tuple[str, ...] = ()
    """Names of environment variables they may see beside `ALLOWED`."""
    arguments: tuple[str, ...] = ()
    """What `alembic -x` would be given."""
    skip: frozenset[str] = frozenset()
    """Revisions that are noted as applied and not run."""
    seconds: float = 300.0
    """Longest time for one revision, up or down."""


def refuse_impossible(options: RunOptions) -> None:
    """Raise `UsageError` for a variable that is not set and an interpreter that is none, before any work."""
    environment(options.pass_env)
    _python(options)


@dataclass(eq=False)
class Runner:
    """The child process; calls of several threads wait for each other."""

    opening: Opening
    options: RunOptions
    looked: list[Looked] = field(default_factory=list)
    """What was seen after each statement of the requests that asked for it."""
    _process: _Process | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, request: Request) -> Done | Failed:
        """Return the answer. Raises `ProofError` when the deadline passes or the process is gone."""
        with self._lock:
            if self._process is None:
                process = _Process(_python(self.options), environment(self.options.pass_env))
                self._process = process
                opened = self._exchange(process, self.opening)
                if isinstance(opened, Failed):
                    self.close()
                    return opened
            return self._exchange(self._process, request)

    def close(self) -> None:
        """End the process."""
        if self._process:
            self._process.end()
            self._process = None

    def _exchange(self, process: _Process, request: Opening | Request) -> Done | Failed:
        deadline, running = time.monotonic() + max(_START, self.options.seconds), "none"
        try:
            process.send(msgspec.json.encode(request) + b"\n")
            while True:
                answer = process.receive(deadline)
                if isinstance(answer, Looked):
                    self.looked.append(answer)
                elif isinstance(answer, Part):
                    process.send(msgspec.json.encode(Pieces(pieces(answer.text))) + b"\n")
                elif isinstance(answer, Begins):
                    deadline, running = time.monotonic() + self.options.seconds, answer.revision
                else:
                    return answer
        except TimeoutError:
            self.close()
            what = f"revision {running} was still running after {self.options.seconds:g} s"
            if running == "none":
                what = "the process that runs the revisions does not answer"
            do = "give it longer with --revision-timeout SECONDS, or leave it out with --skip REV"
            raise ProofError(what, do=do) from None
        except (OSError, EOFError, msgspec.DecodeError, UnicodeDecodeError) as error:
            self.close()
            what = (
                f"the process that runs the revisions is gone: revision {running} was running ({error or 'no answer'})"
            )
            raise ProofError(what, do="look above for what it printed; leave it out with --skip REV") from None


class _Process:
    """One process with its folder and its guard."""

    def __init__(self, python: str, given: Mapping[str, str]) -> None:
        folder = Path(tempfile.mkdtemp(prefix="pgadvisor-revisions-"))
        guard = Guard(folder)
        shutil.copyfile(Path(__file__).with_name("child.py"), folder / _PROGRAM)
        try:
            self.popen = subprocess.Popen(
                [python, "-B", str(folder / _PROGRAM)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"HOME": str(folder), **given}, cwd=folder,
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            guard.dismiss()
            shutil.rmtree(folder, ignore_errors=True)
            raise UsageError(f"{python} cannot be run: {error.strerror}", do="correct --python") from None
        guard.watch_group(self.popen.pid)
        self._buffer = bytearray()
        self.end = weakref.finalize(self, _end, self.popen, guard, folder)

    def send(self, line: bytes) -> None:
        """Send one message."""
        assert self.popen.stdin
        self.popen.stdin.write(line)
        self.popen.stdin.flush()

    def receive(self, deadline: float) -> Answer:
        """Return the next message. Raises `TimeoutError`, `EOFError` and what decoding raises."""
        while b"\n" not in self._buffer:
            assert self.popen.stdout
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.popen.stdout], [], [], left)[0]:
                raise TimeoutError
            read = os.read(self.popen.stdout.fileno(), 1 << 16)
            if not read or len(self._buffer) > _LONGEST:
                raise EOFError
            self._buffer += read
        line, _, rest = bytes(self._buffer).partition(b"\n")
        self._buffer = bytearray(rest)
        return msgspec.json.decode(line, type=Answer)


def _end(popen: subprocess.Popen[bytes], guard: Guard, folder: Path) -> None:
    """Kill the process and whatever it started, and remove its folder."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(popen.pid, signal.SIGKILL)
    popen.wait()
    for pipe in (popen.stdin, popen.stdout):
        with contextlib.suppress(OSError):
            pipe.close() if pipe else None
    shutil.rmtree(folder, ignore_errors=True)
    guard.dismiss()


def environment(names: tuple[str, ...], ours: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of the child. Raises `UsageError` for a name in `names` that is not set."""
    for name in names:
        if name not in ours:
            raise UsageError(f"--pass-env {name}: it is not set here", do=f"set {name}, or leave it out")
    given = {name: ours[name] for name in (*ALLOWED, *names) if name in ours}
    if site.ENABLE_USER_SITE and site.USER_BASE:
        given.setdefault("PYTHONUSERBASE", site.USER_BASE)
    return {"PYTHONHASHSEED": "0", "PYTHONIOENCODING": "utf-8", **given}


def _python(options: RunOptions) -> str:
    if options.python is None:
        return sys.executable
    found = shutil.which(options.python)
    if found is None:
        raise UsageError(f"--python {options.python}: no such program", do="name the bin/python of an environment")
    return str(Path(found).absolute())
