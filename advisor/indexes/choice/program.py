"""The choice as an integer program, solved with HiGHS.

Each query runs in one of its configurations (a set of indexes together) or as it is; a configuration can be used only
if all its indexes are built, and not if those of a misleading plan are: one that the planner, by its costs, prefers to
it. Maximised is the time saved per day less what each built index is charged, within the storage budget and the limit
per table. Without a budget the program falls apart into independent ones, table by table.

    y[i] in {0, 1}     index i is built                       x[q,c] in [0, 1]   query q runs in configuration c

    maximise   sum saving[q,c] * x[q,c]  -  sum charge[i] * y[i]

    subject to sum over c of x[q,c] <= 1                            one configuration a query, or none
               sum over c with i of x[q,c] <= y[i]                  only with its indexes        (each q, i)
               sum over i in m of y[i] + sum of x[q,c] <= |m|       c costlier than the misleading plan m and better:
                                                                    not while all of m is built
               sum over i in m of y[i] - sum of x[q,c] <= |m| - 1   m slows q: built whole only with a cheaper c
               sum over i of table t of y[i] <= per_table
               sum of size[i] * y[i] <= budget                      megabytes

x need not be whole: with y whole the best x is (each query takes its best configuration). For example two queries over
one table, indexes a (10 MB) and b (12 MB), charges 5 each; a saves q1 80, b saves q1 100 and q2 30: b alone gives
100 + 30 - 5 = 125, both give no more saving and cost 5 again, so b is built; with a budget of 11 MB a is (80 - 5 = 75).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import highspy
import numpy as np
from numpy.typing import NDArray

from advisor.stdout import muted

GAP = 1e-4
"""Relative distance from the proven optimum at which the solver may stop."""
NODES = 20_000
"""Nodes of the search tree after which the best answer so far is taken: a limit that does not depend on the clock."""
GOOD_PART = 0.3
MEGABYTE = 1e6
CLOSE = 0.9
"""Costs nearer to each other than this share may change places: the real indexes and the next ANALYZE move them."""
WORSE = 1.25
"""How many times slower a plan must be than another for it to matter that the planner prefers it."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """Indexes that serve one query together, and what they save it."""

    indexes: frozenset[int]
    saving: float
    """Milliseconds per day, and what a relative gain is worth; below 0 where the query would become slower."""
    cost: float = 0.0
    """What the planner takes it to cost; of the configurations that are built it picks the cheapest."""
    misleading: bool = False
    """Whether the planner prefers it to one that is better, or to how the query runs as it is."""
    excluded: bool = False
    """Whether it slows its query beyond the limit, so that a cheaper one must be built too; misleading as well."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything the choice depends on; indexes are numbered from 0."""

    queries: tuple[tuple[Configuration, ...], ...]
    sizes: tuple[int, ...]
    """Bytes."""
    charges: tuple[float, ...]
    """Milliseconds per day that building an index costs, whatever it saves."""
    tables: tuple[int, ...]
    """Number of each index's table."""
    per_table: int = 1_000
    budget: int | None = None


def solve(problem: Problem) -> frozenset[int]:
    """Return the indexes to build; ties fall to the smaller index, then to the lower number."""
    queries = tuple(undominated(configurations) for configurations in problem.queries)
    queries = tuple(configurations for configurations in queries if configurations)
    if not queries:
        return frozenset()
    problem = replace(problem, queries=queries)
    if problem.budget is not None:
        return _solve(problem)
    return frozenset().union(*(_solve(part) for part in components(problem)))


def undominated(configurations: Sequence[Configuration]) -> tuple[Configuration, ...]:
    """Return the misleading plans, and the configurations that save and that no subset of their indexes matches."""
    ordered = sorted(configurations, key=lambda c: (len(c.indexes), -c.saving, sorted(c.indexes)))
    misled = any(one.misleading for one in configurations)
    kept: list[Configuration] = []
    for one in ordered:
        rivals = (o for o in kept if o.indexes <= one.indexes and (not misled or o.cost <= one.cost))
        if one.misleading or (one.saving > 0 and not any(o.saving >= one.saving for o in rivals)):
            kept.append(one)
    return tuple(kept) if any(one.saving > 0 for one in kept) or misled else ()


def components(problem: Problem) -> list[Problem]:
    """Return the parts of a problem without budget that share no index and no table, in a stable order."""
    parent: dict[int, int] = {}

    def root(table: int) -> int:
        while parent.setdefault(table, table) != table:
            parent[table] = parent[parent[table]]
            table = parent[table]
        return table

    for configurations in problem.queries:
        tables = sorted({problem.tables[index] for c in configurations for index in c.indexes})
        for other in tables[1:]:
            parent[root(other)] = root(tables[0])
    parts: dict[int, list[tuple[Configuration, ...]]] = defaultdict(list)
    for configurations in problem.queries:
        first = min(index for c in configurations for index in c.indexes)
        parts[root(problem.tables[first])].append(configurations)
    return [replace(problem, queries=tuple(queries)) for _, queries in sorted(parts.items())]


def relaxed(problem: Problem) -> frozenset[int]:
    """Return the indexes that the linear relaxation builds at least in good part: a quick glance at the optimum."""
    queries = tuple(undominated(configurations) for configurations in problem.queries)
    problem = replace(problem, queries=tuple(configurations for configurations in queries if configurations))
    return _solve(problem, whole=False) if problem.queries else frozenset()


def _solve(problem: Problem, *, whole: bool = True) -> frozenset[int]:
    used = sorted({index for configurations in problem.queries for c in configurations for index in c.indexes})
    alone = _only_one(problem, used)
    if alone is not None:
        return alone
    column = {index: place for place, index in enumerate(used)}
    costs = [-(problem.charges[i] + extra) for i, extra in zip(used, _tie_breaks(problem, used), strict=True)]
    costs += [c.saving for configurations in problem.queries for c in configurations]
    scale = max(abs(cost) for cost in costs) / 1e4 or 1.0
    rows = constraints(problem, column, len(used))
    found = optimum(np.array(costs) / scale, len(used), rows, whole=whole)
    return frozenset(used[place] for place in found or ())


def _only_one(problem: Problem, used: list[int]) -> frozenset[int] | None:
    """Return the answer at once where one index is all there is, and no misleading plan."""
    if len(used) > 1 or any(one.misleading for configurations in problem.queries for one in configurations):
        return None
    one = frozenset(used)
    fits = problem.budget is None or problem.sizes[used[0]] <= problem.budget
    return one if fits and saving(problem, one) > problem.charges[used[0]] else frozenset()


def _tie_breaks(problem: Problem, used: list[int]) -> list[float]:
    """Return charges too small to matter except between equals: smaller first, then lower number."""
    total = sum(max([0.0, *(c.saving for c in configurations)]) for configurations in problem.queries)
    biggest, count = max(problem.sizes) or 1, len(problem.sizes)
    return [total * (1e-6 * problem.sizes[index] / biggest + 1e-8 * index / count) for index in used]


Row = tuple[list[int], list[float], float]
"""Columns, coefficients and upper bound of one constraint."""


def constraints(problem: Problem, column: dict[int, int], first: int) -> list[Row]:
    """Return what any choice must keep to: of the columns, the first are the indexes, then come the configurations."""
    rows: list[Row] = []
    place = first
    for configurations in problem.queries:
        places = list(range(place, place + len(configurations)))
        place += len(configurations)
        rows.append((places, [1.0] * len(places), 1.0))
        users: dict[int, list[int]] = defaultdict(list)
        for own, configuration in zip(places, configurations, strict=True):
            for index in sorted(configuration.indexes):
                users[index].append(own)
        for index, own_places in sorted(users.items()):
            rows.append(([*own_places, column[index]], [1.0] * len(own_places) + [-1.0], 0.0))
        rows += _misleading_rows(configurations, places, column)
    tables: dict[int, list[int]] = defaultdict(list)
    for index, own in column.items():
        tables[problem.tables[index]].append(own)
    for _, own_places in sorted(tables.items()):
        if len(own_places) > problem.per_table:
            rows.append((own_places, [1.0] * len(own_places), float(problem.per_table)))
    if problem.budget is not None:
        sizes = [problem.sizes[index] / MEGABYTE for index in column]
        rows.append((list(column.values()), sizes, problem.budget / MEGABYTE))
    return rows


def _misleading_rows(
    configurations: Sequence[Configuration], places: Sequence[int], column: dict[int, int]
) -> list[Row]:
    """Return what follows when all indexes of a misleading plan are built.

    No costlier configuration is to be had; and where the misleading plan makes its query slower, a cheaper one must be,
    or the misleading plan itself if it is not excluded.
    """
    rows: list[Row] = []
    rated = list(zip(configurations, places, strict=True))
    for misleading in configurations:
        if not misleading.misleading:
            continue
        built = [column[index] for index in sorted(misleading.indexes)]
        costlier = [p for one, p in rated if one.cost >= misleading.cost * CLOSE and one.saving > misleading.saving]
        rows.append(([*built, *costlier], [1.0] * (len(built) + len(costlier)), float(len(built))))
        if misleading.saving < 0:
            cheaper = [
                p for one, p in rated if not one.excluded and (one is misleading or one.cost < misleading.cost * CLOSE)
            ]
            rows.append(([*built, *cheaper], [1.0] * len(built) + [-1.0] * len(cheaper), len(built) - 1.0))
    return rows


def optimum(objective: NDArray[np.float64], indexes: int, rows: list[Row], *, whole: bool) -> list[int] | None:
    """Return which of the first columns are 1 in the optimum, or above `GOOD_PART` where they need not be whole.

    `None` where nothing satisfies all rows.
    """
    count = len(objective)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = count, len(rows)
    model.col_cost_ = objective
    model.col_lower_, model.col_upper_ = np.zeros(count), np.ones(count)
    model.row_lower_ = np.full(len(rows), -highspy.kHighsInf)
    model.row_upper_ = np.array([bound for _, _, bound in rows])
    model.sense_ = highspy.ObjSense.kMaximize
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.cumsum([0, *(len(places) for places, _, _ in rows)])
    model.a_matrix_.index_ = np.array([place for places, _, _ in rows for place in places])
    model.a_matrix_.value_ = np.array([value for _, values, _ in rows for value in values])
    if whole:
        free = count - indexes
        model.integrality_ = [highspy.HighsVarType.kInteger] * indexes + [highspy.HighsVarType.kContinuous] * free
    with muted():  # since 1.16 the first one of a process prints a banner, whatever its options
        solver = highspy.Highs()
    settings = {
        "output_flag": False,
        "presolve": "off",
        "threads": 1,
        "random_seed": 0,
        "mip_rel_gap": GAP,
        "mip_max_nodes": NODES,
    }
    for name, value in settings.items():
        solver.setOptionValue(name, value)
    solver.passModel(model)
    solver.run()
    if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return None
    values = solver.getSolution().col_value
    least = 0.5 if whole else GOOD_PART
    return [place for place in range(indexes) if place < len(values) and values[place] > least]


def saving(problem: Problem, chosen: frozenset[int]) -> float:
    """Return the time per day that a choice saves at most, charges not deducted and misleading plans not minded."""
    return sum(
        max([0.0, *(c.saving for c in configurations if c.indexes <= chosen)]) for configurations in problem.queries
    )
