"""Server versions whose concurrent builds are known to lose rows, from PostgreSQL's release notes."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.revisions.deploy.obstacle import Obstacle

_BUGS = (
    (140000, 140004, "an index built concurrently may miss rows that are updated during the build", "14.4"),
    (130000, 130005, "an index built concurrently may miss rows of transactions that are just being prepared", "13.5"),
    (140000, 140001, "an index built concurrently may miss rows of transactions that are just being prepared", "14.1"),
)
"""First version with it, first without, what happens, and the release whose notes tell of the cure."""


def version_obstacles(version: int) -> Iterator[Obstacle]:
    """Yield what is known against concurrent builds on this version (`server_version_num`)."""
    for first, cured, what, release in _BUGS:
        if first <= version < cured:
            shown = f"{version // 10000}.{version % 10000}"
            do = f"update to {release} or later first, then rebuild indexes that were built concurrently before"
            yield Obstacle("stop", f"PostgreSQL {shown}: {what} (release notes of {release})", do)
