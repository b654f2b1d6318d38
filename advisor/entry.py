"""The first lines of the process: standard output is kept for data before any library is imported."""

from __future__ import annotations

import contextlib
import os

from advisor import stdout


def main() -> None:
    """Run the `advisor` command; exits with its status, with 1 when standard output or standard error is closed."""
    try:
        stdout.keep()
    except stdout.ClosedStream as closed:
        _refuse(str(closed))
    from advisor.cli.main import main as run

    run()


def _refuse(closed: str) -> None:
    """Say on stderr, where that is open, which stream is closed, and exit 1."""
    with contextlib.suppress(OSError):
        os.write(2, f"error: {closed} is closed, so nothing could be told\n  do: open it, or use /dev/null\n".encode())
    os._exit(1)


if __name__ == "__main__":
    main()
