"""Finds where the application sent a statement: the nearest frame that is neither a library's nor Python's."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path
from types import FrameType

from advisor.suite.sent_statement import Site

_DEEPEST = 300
"""Frames that are looked at."""
ELSEWHERE = Site("", 0)
"""Stands for a statement that another source records."""


class Sites:
    """Tells the application's files from those of libraries; remembers what it told."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        paths = sysconfig.get_paths()
        here = str(Path(__file__).resolve().parent.parent)
        self.others = tuple({*(paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")), here})
        self.known: dict[str, str | None] = {}
        """Path of a code object to what is shown of it, `None` for a library's."""
        self.elsewhere: list[str] = []
        """Parts of the paths of libraries that are recorded by themselves."""

    def of(self, frame: FrameType | None, *, driver: bool = False) -> Site | None:
        """Return the call site that a frame leads to, `None` when there is none.

        Of a `driver`'s statement, `ELSEWHERE` when a library sent it that is recorded by itself.
        """
        for _ in range(_DEEPEST):
            if frame is None:
                frame = _waiting()
                if frame is None:
                    return None
            path = frame.f_code.co_filename
            shown = self.known.get(path, path)
            if shown is path:
                shown = self.known[path] = self._shown(path)
            if shown is not None:
                return Site(shown, frame.f_lineno)
            if driver and any(package in path for package in self.elsewhere):
                return ELSEWHERE
            frame = frame.f_back
        return None

    def _shown(self, path: str) -> str | None:
        """Return a file of the application as it is shown, `None` for another."""
        if path.startswith("<") or path.startswith(self.others) or "/site-packages/" in path:
            return None
        resolved = Path(path).resolve()
        if str(resolved).startswith(self.others):
            return None
        return resolved.relative_to(self.root).as_posix() if resolved.is_relative_to(self.root) else str(resolved)


def _waiting() -> FrameType | None:
    """Return the frame of the greenlet that waits for this one: SQLAlchemy's asyncio runs statements in one."""
    greenlet = sys.modules.get("greenlet")
    parent = greenlet.getcurrent().parent if greenlet else None
    frame = parent.gr_frame if parent is not None else None
    return frame if isinstance(frame, FrameType) else None
