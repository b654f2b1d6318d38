"""The twin: opened, asked for plans, and a workload analysed on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from advisor.catalog.snapshot import Snapshot
from advisor.errors import InputError
from advisor.gate.check_plans import SERIAL
from advisor.pipeline.straight_line import ASSUMED, Analysed, analyse_workload, asking, of_database, size_of, with_sizes
from advisor.twin.plan import PlanNode
from advisor.twin.start import Twin, start_twin
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask, Refused
from advisor.workload.model import Workload


@contextmanager
def open_twin(snapshot: Snapshot, provider: str = "auto", *, serial: bool = False) -> Iterator[Twin]:
    """Start a twin of a snapshot for the length of the `with` block; nothing of it is left behind.

    `provider` is `auto`, `embedded`, `local`, `container` or the URL of a server. With `serial`, plans are made
    without parallel workers and JIT, as the gate compares them (`accept`, `check`). A snapshot without statistics
    gets assumed sizes, and the twin's notes say so. Raises `TwinError` when no server can be started or filled.
    """
    snapshot, guessed = with_sizes(snapshot, provider)
    if serial:
        overrides = tuple(one for one in snapshot.overrides if one.name not in SERIAL)
        snapshot = replace(snapshot, settings={**snapshot.settings, **SERIAL}, overrides=overrides)
    with start_twin(snapshot, provider, size_of=size_of) as twin:
        yield replace(twin, notes=(*twin.notes, ASSUMED)) if guessed else twin


def plan(twin: Twin, statement: str, parameters: Sequence[str | None] | None = None) -> PlanNode:
    """Return the plan that production would choose for a statement; it is never executed.

    `parameters` are the values of `$1`…, as text; without them a statement that holds `$n` is planned generically.
    Raises `InputError` with the server's words when it does not take the statement.
    """
    values = tuple(parameters) if parameters is not None else None
    bound = BoundStatement(statement, values, "logged" if values else "generic")
    answer = twin.what_if.plan([Ask(bound)])[0]
    if isinstance(answer, Refused):
        raise InputError(f"the twin does not plan it: {answer.reason}", do="compare it with the snapshot's schema")
    return answer


def analyse(workload: Workload, twin: Twin, *, database: str | None = None, role: str | None = None) -> Analysed:
    """Return the workload with each query's shape and the ways it is planned, as the roles that ran it.

    Of several databases only the queries of `database` are kept (that of the snapshot); `role` is the one to plan
    queries as that nobody is known to have run. A query that cannot be analysed is in `unanalysed`, with the reason.
    """
    asking(twin.snapshot, role)
    return analyse_workload(of_database(workload, database or twin.snapshot.database), twin, role)
