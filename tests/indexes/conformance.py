"""The conformance cases: read from data files, advised on a twin without rows, judged by real builds on the rows."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from advisor.analysis.analyse import analyse
from advisor.analysis.shape import Constant, QueryShape
from advisor.catalog.index import IndexDefinition
from advisor.indexes.advise_indexes import advise
from advisor.indexes.costing.costing import Costs, Question
from advisor.indexes.costing.pool import Pool
from advisor.indexes.foreign_key_probes import with_probes
from advisor.indexes.gather_candidates import gather
from advisor.indexes.index_options import AdviseOptions
from advisor.indexes.proposal import Advice
from advisor.twin.start import Twin
from advisor.twin.statement import BoundStatement
from advisor.workload.model import Query, Slot, Workload
from tests.indexes.built import BuiltWhatIf

FOLDER = Path(__file__).parent / "cases"
OPTIONS = AdviseOptions(drops=False)
SPEC = re.compile(r'^("[^"]+"|\w+)(?: (gin|gist|brin|hash))? \((.*?)\)?(?: include \((.*)\))?(?: where (.*))?$')
EXECUTIONS = 100.0


@dataclass(frozen=True)
class Case:
    file: str
    name: str
    sql: str
    expected: tuple[str, ...]
    stable: tuple[str, ...]
    reason: str


def cases() -> list[Case]:
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        for case in tomllib.loads(path.read_text())["case"]:
            index = case["index"]
            expected = (index,) if isinstance(index, str) else tuple(index)
            found.append(
                Case(path.stem, case["name"], case["sql"], expected, tuple(case.get("stable", ())), case["reason"])
            )
    return found


def workload_of(case: Case, shape: QueryShape) -> Workload:
    """Return the workload of one query; slots tell which literals were the same in every execution."""
    operands = [o for t in shape.tables for p in t.predicates for o in p.operands]
    values = {o.slot: o.value for o in operands if isinstance(o, Constant) and o.slot is not None}
    terms = [
        term for t in shape.tables for term in (*(p.term for p in t.predicates), *(k.term for k in t.sort), *t.group)
    ]
    baked = {slot for term in terms for slot in term.slots}
    slots = []
    for number in range(max([*values, *baked], default=-1) + 1):
        value = values.get(number)
        if value in case.stable or number in baked:
            slots.append(Slot(((value, EXECUTIONS),), 1, EXECUTIONS))
        else:
            slots.append(Slot(((value, 1.0),), int(EXECUTIONS), EXECUTIONS))
    return Workload((Query("q", None, case.sql, EXECUTIONS, 100_000.0, 1000.0, slots=tuple(slots)),))


@dataclass(frozen=True)
class Verdict:
    advice: Advice
    none: float
    """Real cost without new indexes."""
    proposed: float
    """Real cost with the proposed ones."""
    best: float
    """Lowest real cost with all candidates."""

    @property
    def created(self) -> list[IndexDefinition]:
        return [proposal.definition for proposal in self.advice.proposals if proposal.action != "drop"]


def judge(case: Case, twin: Twin, built: BuiltWhatIf) -> Verdict:
    """Advise on the twin, then build the proposals and all candidates on the rows and plan with them."""
    shape = analyse(case.sql, twin.schema)
    assert isinstance(shape, QueryShape), shape
    workload = workload_of(case, shape)
    shapes = {"q": shape}
    statements = {"q": (BoundStatement(case.sql, None, "logged"),)}
    advice = advise(workload, shapes, statements, twin.schema, twin.statistics, twin.what_if, OPTIONS)
    suggestions = gather(workload, shapes, twin.schema, twin.statistics, OPTIONS).suggestions
    pool = Pool(twin.schema, twin.statistics, built)
    pool.extend(suggestions)
    wanted = {proposal.definition for proposal in advice.proposals}
    costs = Costs(built, with_probes(workload, shapes, statements, twin.schema), pool.names, pool.heaps)
    every = frozenset(pool.names)
    chosen = frozenset(number for number in every if pool.definitions[number] in wanted)
    asked = [frozenset(), chosen, every]
    costs.ask(Question("q", shown) for shown in asked)
    assert not costs.refused, costs.refused
    outcomes = [costs.outcome("q", shown) for shown in asked]
    none, proposed, best = (outcome.cost for outcome in outcomes if outcome)
    return Verdict(advice, none, proposed, best)


def meets(definition: IndexDefinition, spec: str) -> bool:
    """Return whether an index is what a case asks for: same table and method, these keys first, at least this payload."""
    match = SPEC.match(spec)
    assert match, spec
    table, method, keys, include, where = match.groups()
    if definition.table != table.strip('"') or definition.method != (method or "btree"):
        return False
    if (where or "") not in (definition.where or "") or (definition.where and not where):
        return False
    columns = {key.column for key in definition.keys} | set(definition.include)
    if include and not set(include.split(", ")) <= columns:
        return False
    wanted = re.split(r", (?![^(]*\))", keys)
    return len(wanted) <= len(definition.keys) and all(
        _same(key.sql, part) for key, part in zip(definition.keys, wanted, strict=False)
    )


def _same(key: str, wanted: str) -> bool:
    """Return whether a key is the wanted one; direction counts only where it is asked for."""
    bare = str.maketrans("", "", '"()')
    return key.translate(bare).lower().startswith(wanted.translate(bare).lower())
