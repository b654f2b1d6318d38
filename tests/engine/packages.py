"""The distribution's packages: which are missing, and their installation."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping

PROGRAMS: Mapping[str, str] = {"dockerd": "docker.io", "debootstrap": "debootstrap", "iptables": "iptables"}
"""Programs that an engine and its images need, and the package of each."""
SECONDS = 240.0
"""What the installation may take."""


class Unavailable(Exception):
    """An engine or an image cannot be had here; the text is the reason."""


def run(*command: str, seconds: float, environment: Mapping[str, str] | None = None) -> str:
    """Run a program and return its output; raises `Unavailable` with the end of what it said when it fails."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, check=False,
            env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except FileNotFoundError:
        raise Unavailable(f"there is no program {command[0]}") from None
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{command[0]} took longer than {seconds:.0f} s") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise Unavailable(f"{command[0]} failed: {said[-1] if said else f'status {done.returncode}'}")
    return done.stdout


def install() -> None:
    """Install what is missing; raises `Unavailable` where that cannot be done."""
    missing = sorted({package for program, package in PROGRAMS.items() if not shutil.which(program)})
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise Unavailable(f"{', '.join(missing)} not installed, and this system has no apt")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "-qq", "update", seconds=SECONDS, environment=quiet)
    wanted = ["install", "-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", *missing]
    run("apt-get", *wanted, seconds=SECONDS, environment=quiet)
