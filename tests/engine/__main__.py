"""`python -m tests.engine COMMAND…`: the command's status, after it ran with an engine, or without one and with the reason."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

from docker import DockerClient

from tests.engine import FAULT
from tests.engine.binaries import PACKAGES, fetch
from tests.engine.daemon import answers, running
from tests.engine.images import RELEASES, make, present
from tests.engine.packages import Unavailable


def main(command: list[str]) -> int:
    """Run the command; what cannot be had is told to it and on stderr."""
    with ExitStack() as stack:
        given = _environment(stack)
        if FAULT in given:
            print(f"containers: {given[FAULT]}", file=sys.stderr, flush=True)
        return subprocess.run(command, check=False, env={**os.environ, **given}).returncode


def _environment(stack: ExitStack) -> dict[str, str]:
    """Return the variables that tell a command about the engine."""
    given: dict[str, str] = {}
    faults = [fault for major in PACKAGES if (fault := _told(lambda major=major: fetch(major)))]
    if answers() is not None:
        try:
            socket = stack.enter_context(running())
        except (Unavailable, OSError) as error:
            faults.insert(0, f"no container engine answers, and {error}")
        else:
            given = {"DOCKER_HOST": socket, "TESTCONTAINERS_RYUK_DISABLED": "true"}
            faults += _images(socket)
    return {**given, FAULT: "; ".join(faults)} if faults else given


def _images(socket: str) -> list[str]:
    """Make the images that are missing, at once; return why some cannot be made."""
    with closing(DockerClient(base_url=socket)) as client:
        missing = [major for major in RELEASES if not present(client, major)]
    if not missing:
        return []
    begin = time.monotonic()
    with ThreadPoolExecutor(len(missing)) as pool:
        faults = [one for one in pool.map(lambda major: _made(socket, major), missing) if one]
    made = len(missing) - len(faults)
    print(f"containers: made {made} images in {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
    return faults


def _made(socket: str, major: int) -> str | None:
    fault = _told(lambda: make(socket, major))
    return fault and f"no image postgres:{major}: {fault}"


def _told(work: Callable[[], None]) -> str | None:
    """Do the work; return why it could not be done."""
    try:
        work()
    except (Unavailable, OSError, subprocess.SubprocessError) as error:
        return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
