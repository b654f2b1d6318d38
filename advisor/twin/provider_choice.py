"""Which provider: the cheapest that has production's major version, else the nearest one, with a warning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack

from advisor.capture.conninfo import is_conninfo
from advisor.errors import TwinError, UsageError
from advisor.twin.providers import providers, url
from advisor.twin.servers.host import Host, Provider
from advisor.twin.servers.server import HOW_TO_INSTALL


def open_host(stack: ExitStack, choice: str, major: int, settings: Mapping[str, str]) -> tuple[Host, list[str]]:
    """Enter a host into `stack`; return it and notes.

    Raises `UsageError` for a choice that does not exist, `TwinError` when nothing chosen can be started.
    """
    if is_conninfo(choice):
        host = stack.enter_context(url.start_at(choice))
        return host, []
    notes: list[str] = []
    failure = TwinError(
        "no PostgreSQL server to plan on was found here",
        do=f"{HOW_TO_INSTALL}, or install a server package, or give --twin URL",
    )
    for provider, found in _candidates(_offered(choice), major, forced=choice != "auto"):
        try:
            host = stack.enter_context(provider.start(found, settings))
        except TwinError as error:
            failure = error
            notes.append(f"{provider.NAME} did not start PostgreSQL {found}: {error.what}")
            continue
        if found != major:
            notes.append(f"the twin runs PostgreSQL {found}, production {major}: plans may differ")
        return host, notes
    raise failure


def _offered(choice: str) -> list[Provider]:
    offered = [provider for provider in providers() if choice in ("auto", provider.NAME) and provider.NAME != url.NAME]
    if not offered:
        names = ", ".join(provider.NAME for provider in providers() if provider.NAME != url.NAME)
        named = f"called {choice}" if choice.isidentifier() else "called that"  # a slip in a URL is not repeated
        raise UsageError(f"no provider is {named}", do=f"choose auto, {names} or a URL")
    return offered


def _candidates(offered: list[Provider], major: int, *, forced: bool) -> Iterator[tuple[Provider, int]]:
    """Yield provider and version, best first; a dearer provider is asked only when no cheaper one has the version."""
    known: list[tuple[int, Provider, int]] = []
    for provider in offered:
        majors = provider.majors() or (frozenset({major}) if forced else frozenset())
        if majors:
            found = min(majors, key=lambda other: (abs(other - major), -other))
            known.append((abs(found - major), provider, found))
            if found == major:
                yield provider, found
    for distance, provider, found in sorted(known, key=lambda entry: entry[0]):
        if distance:
            yield provider, found
