"""Whether a setting is to blame: a plan that is dearer today is planned once more under the settings of its day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from advisor.gate.compare_plans import Comparison
from advisor.gate.planned.plans import Sent
from advisor.gate.verdict import Verdict
from advisor.twin.plan import PlanNode
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask, WhatIf

_BACK = 0.5
"""A setting is to blame when its old value takes back this share of what the plan became dearer by."""
ALIKE = 1.2
"""How many times the least cost counts as the same."""
_MOST = 8
"""Settings that are tried one by one, at most."""
Found = Sequence[tuple[Comparison, Verdict]]


def with_settings(
    found: Found, settings: Mapping[str, str], what_if: WhatIf, sent: Sent = lambda key, bound: bound
) -> list[Verdict]:
    """Return the verdicts, each that settings are to blame for with their names and values in its cause."""
    if not found:
        return []
    changed = _changed(found[0][0].baseline.settings, settings)
    trials = _trials(changed)
    grave = [one for one, verdict in found if trials and verdict.level != "info"]
    asks = {
        (id(one), trial): Ask(_under(sent(one.query, one.before.statement), changed, trial))
        for one in grave
        for trial in trials
    }
    answers = dict(zip(asks, what_if.plan(list(asks.values())), strict=True))
    verdicts = []
    for one, verdict in found:
        guilty = _guilty(one, [(trial, answers.get((id(one), trial))) for trial in trials])
        verdicts.append(_blaming(one, verdict, guilty, changed) if guilty else verdict)
    return verdicts


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {
        name: (before[name], after[name]) for name in sorted(before) if name in after and before[name] != after[name]
    }


def _trials(changed: Mapping[str, tuple[str, str]]) -> list[tuple[str, ...]]:
    """Return the sets of settings to take back: each alone, then all."""
    alone: list[tuple[str, ...]] = [(name,) for name in list(changed)[:_MOST]]
    return [*alone, tuple(changed)] if len(changed) > 1 else alone


def _under(statement: BoundStatement, changed: Mapping[str, tuple[str, str]], names: Sequence[str]) -> BoundStatement:
    own = {**{name: changed[name][0] for name in names}, **dict(statement.settings)}
    return replace(statement, settings=tuple(sorted(own.items())))


def _guilty(comparison: Comparison, answers: Sequence[tuple[tuple[str, ...], object]]) -> tuple[str, ...]:
    """Return the settings of which each alone takes back about as much as all; all where none does, or nothing."""
    costs = [(answer.total_cost, trial) for trial, answer in answers if isinstance(answer, PlanNode)]
    risen = comparison.after.cost - comparison.before.cost
    if not costs or risen <= 0 or comparison.after.cost - min(costs)[0] < _BACK * risen:
        return ()
    enough = [trial for cost, trial in costs if cost <= ALIKE * min(costs)[0]]
    alone = tuple(trial[0] for trial in enough if len(trial) == 1)
    return alone or enough[0]


def _blaming(
    comparison: Comparison, verdict: Verdict, guilty: Sequence[str], changed: Mapping[str, tuple[str, str]]
) -> Verdict:
    """Return the verdict with the settings for its cause; the same plan at other prices is no failure."""
    told = ", ".join(f"{name} was {changed[name][0]}, is {changed[name][1]}" for name in guilty)
    plan = "another plan" if comparison.reshaped else "the same plan"
    return replace(
        verdict,
        code="PLN003",
        name="cost-regression",
        level="fail" if comparison.reshaped else "warn",
        cause=f"a setting changed: {told}; {plan}, {comparison.ratio:.1f} times the accepted cost",
        fix=f"set {', '.join(f'{name} = {changed[name][0]}' for name in guilty)}, or accept with --update-baseline",
        table=None,
        index=None,
    )
