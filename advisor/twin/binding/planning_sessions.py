"""As whom, and under what, a query is planned: who ran it, as the workload tells, and what was set for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from advisor.catalog.search_path import schemas_of
from advisor.catalog.snapshot import Snapshot
from advisor.twin.servers.server_settings import matters
from advisor.twin.statement import BoundStatement
from advisor.workload.model import Query, Sample, Session

Settings = tuple[tuple[str, str], ...]
IDENTITY = frozenset({"role", "session_authorization", "search_path"})
"""Settings that say who asks and what names mean, not how to plan."""


@dataclass(frozen=True, slots=True)
class Planning:
    """One way in which a query is planned."""

    role: str | None
    """`None` for the owner of the twin's schema."""
    search_path: tuple[str, ...] | None = None
    """Where it is not the one that the role's sessions begin with."""
    settings: Settings = ()
    """Planner settings that the session changed."""
    known: bool = False
    """Whether the workload tells who ran it."""
    user: str | None = None
    """The role that logged in, where it is another."""


@dataclass(frozen=True, slots=True)
class PlannedAs:
    """As whom a query is planned."""

    role: str | None
    """`None` for the owner of the schema."""
    share: float
    """Of the query's executions."""
    known: bool
    """Whether the workload tells that this role ran it."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """Tells of each query as whom it is planned."""

    snapshot: Snapshot
    default: str | None = None
    """The role of queries that nobody is known to have run."""

    def plannings(self, query: Query) -> dict[Planning, float]:
        """Return the ways to plan a query with their shares, which sum to 1, largest first."""
        found: dict[Planning, float] = {}
        for session in query.sessions or (Session(None, (), 1.0),):
            planning = self.planning(session.user, session.settings)
            found[planning] = found.get(planning, 0.0) + (session.calls or 0.0)
        total = sum(found.values())
        shares = {one: calls / total if total else 1 / len(found) for one, calls in found.items()}
        return dict(sorted(shares.items(), key=lambda pair: (-pair[1], repr(pair[0]))))

    def planning(self, user: str | None, settings: Settings) -> Planning:
        """Return how statements of a session are planned, as far as it does not differ from sample to sample."""
        own = dict(settings)
        login = user if self.snapshot.role(user) else self.default
        role = self._current(own, login)
        chosen = {name: value for name, value in own.items() if name not in IDENTITY and matters(name)}
        if role != login:  # SET ROLE does not bring the settings of that role
            chosen = {**self._difference(login, role), **chosen}
        path = own.get("search_path", chosen.pop("search_path", None))
        schemas = None if path is None else schemas_of(path, role or login)
        if schemas == self.snapshot.search_path_of(role):
            schemas = None
        return Planning(role, schemas, tuple(sorted(chosen.items())), login == user and login is not None, login)

    def _current(self, own: Mapping[str, str], login: str | None) -> str | None:
        """Return the role that a session acts as."""
        for name in ("role", "session_authorization"):
            if (wanted := own.get(name)) and self.snapshot.role(wanted):
                return wanted
        return login

    def _difference(self, login: str | None, role: str | None) -> dict[str, str]:
        """Return what a session of `login` has set otherwise than one of `role` would."""
        mine, theirs = self.snapshot.overrides_of(login), self.snapshot.overrides_of(role)
        found = {}
        for name in sorted({*mine, *theirs} - {"role", "session_authorization"}):
            value = self.snapshot.setting_of(name, login)
            if value is not None and value != self.snapshot.setting_of(name, role) and (matters(name) or "." in name):
                found[name] = value
        return found

    def path(self, planning: Planning) -> tuple[str, ...]:
        """Return where unqualified names are looked for."""
        if planning.search_path is not None:
            return planning.search_path
        return self.snapshot.search_path_of(planning.role)

    def samples(self, query: Query, planning: Planning) -> tuple[Sample, ...]:
        """Return the samples that were run in sessions planned like this."""
        return tuple(one for one in query.samples if self.planning(one.user, _shared(one.settings)) == planning)


def _shared(settings: Settings) -> Settings:
    """Return a sample's settings without the application's own."""
    return tuple((name, value) for name, value in settings if "." not in name)


def settled(
    statements: Iterable[BoundStatement],
    planning: Planning,
    share: float,
    needed: Sequence[str],
    given: Mapping[str, str],
) -> tuple[BoundStatement, ...]:
    """Return the statements as the planning says, each with those of its session's settings that policies read.

    `needed` names the application's own settings that plans can depend on, `given` has values for those that the
    sessions did not set: a statement that rests on one of them counts as sampled.
    """
    made = []
    for one in statements:
        own = {name: value for name, value in one.settings if name in needed}
        missing = {name: value for name, value in given.items() if name in needed and name not in own}
        basis = "sampled" if missing and one.basis == "logged" else one.basis
        made.append(
            replace(
                one,
                role=planning.role,
                search_path=planning.search_path,
                settings=tuple(sorted({**dict(planning.settings), **missing, **own}.items())),
                weight=one.weight * share,
                basis=basis,
            )
        )
    return tuple(made)
