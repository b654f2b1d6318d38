"""`advisor migrate --check URL` and `--watch URL`: what they print, and with which status they end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from advisor.visible import visible

if TYPE_CHECKING:
    from advisor.indexes.proposal import IndexProposal

IDLE_SECONDS = 10.0
"""`--watch` ends when no build has run for this time: one revision follows another with little between."""


def check(url: str, proposals: Sequence[IndexProposal]) -> int:
    """Print what stands in the way of these builds; return 1 when something does, else 0."""
    from advisor.revisions.deploy.preflight import preflight

    found = preflight(url, proposals)
    for obstacle in found:
        remedy = f"\n      do: {obstacle.do}" if obstacle.do else ""
        click.echo(visible(f"{obstacle.level:<5} {obstacle.what}{remedy}"))
    stops = sum(obstacle.level == "stop" for obstacle in found)
    waits = sum(obstacle.level == "wait" for obstacle in found)
    if not stops and not waits:
        click.echo("clear: no build would wait or fail now")
        return 0
    click.echo(f"not now: {stops} would make a build fail, {waits} would make it wait")
    return 1


def watch(url: str) -> int:
    """Print a line whenever a running build has changed, until none runs; return 0."""
    from advisor.revisions.deploy.watching import watch as watched

    seen = False
    for line in watched(url, idle_seconds=IDLE_SECONDS):
        click.echo(visible(line))
        seen = True
    if not seen:
        click.echo(f"no index was built in {IDLE_SECONDS:.0f} s")
    return 0
