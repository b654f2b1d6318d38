"""What an N+1 or row-by-row finding offers instead: its title, the fix, the statements that do what the loop does."""

from __future__ import annotations

from advisor.rewrites.joined import joined
from advisor.rewrites.repeated_reads import read_at_once
from advisor.rewrites.repeated_writes import write_at_once
from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.rewrites.rounds import Repeated
from advisor.rewrites.tree_walk import whole_tree
from advisor.rules.context import RuleContext
from advisor.rules.finding import Offer
from advisor.rules.loops.loop_evidence import shown, texts_of
from advisor.rules.loops.problems import Problem
from advisor.rules.loops.remedies import remedy, speaks
from advisor.rules.loops.repeated_query import WRITES
from advisor.rules.loops.stack import guess_stack


def repeated(problem: Problem, context: RuleContext) -> Repeated:
    """Return the loop's statement with what varied in it, and the types of its values."""
    text = context.queries[problem.query].text
    varying = frozenset(slot + 1 for loop in problem.loops for slot in loop.varying)
    types = tuple(context.parameter_types(text))
    return Repeated(text, varying, types, context.schema, problem.child.unique)


def at_once(problem: Problem, context: RuleContext) -> Rewrite | Refusal:
    """Return the statement that replaces the loop."""
    loop = repeated(problem, context)
    return write_at_once(loop) if problem.child.kind in WRITES else read_at_once(loop)


def both(problem: Problem, context: RuleContext) -> Rewrite | Refusal | None:
    """Return the parent's statement with the child joined to it, where each child is one row; `None` elsewhere."""
    parent = context.queries.get(problem.parent.query or "") if problem.parent else None
    if parent is None or problem.parent is None or problem.child.kind != "row" or problem.parent.relation.by == "rows":
        return None
    relation = problem.parent.relation
    link = dict(zip(relation.child_columns, relation.parent_columns, strict=True))
    return joined(parent.text, repeated(problem, context), link)


def offers(problem: Problem, context: RuleContext) -> tuple[Offer, ...]:
    """Return the statements that would do what the loop does."""
    found = at_once(problem, context)
    lead, after = "", ""
    if isinstance(found, Rewrite):
        numbers = ", ".join(f"${number}" for number in found.arrays)
        take = "take arrays" if len(found.arrays) > 1 else "takes an array"
        lead = f"as one statement ({numbers} {take}, one element per round)"
        after = f"({found.explanation})" if found.explanation else ""
    listed = [Offer("rewritten", lead, found, after)]
    if problem.child.kind not in WRITES and (tree := whole_tree(repeated(problem, context))) is not None:
        note = f"({tree.explanation})" if isinstance(tree, Rewrite) else ""
        listed.append(Offer("choice", "or, where each round goes on from what an earlier one found", tree, note))
    if (together := both(problem, context)) is not None:
        listed.append(Offer("joined", "or joined to the query it iterates over", together))
    return tuple(listed)


def fix(problem: Problem, context: RuleContext) -> str:
    """Return what to write instead, for the guessed library; the SQL that any of them can run is offered beside it."""
    first = problem.loops[0]
    stack, because = guess_stack(texts_of(problem, context), first.tags, problem.application)
    said = remedy(problem, stack, context)
    return f"{stack} (a guess, from {because}): {said}" if speaks(problem, stack, context) else said


def title(problem: Problem, doing: str) -> str:
    """Return the finding's line: which tables, how long the loop is."""
    spread = problem.spread
    source = f" for each row of {shown(problem.parent.table)}" if problem.parent else " once per key"
    if problem.child.kind in WRITES and not problem.parent:
        source = ""
    times = f"{spread.median:g} times a loop" + (f", up to {spread.max}" if spread.max > spread.median else "")
    return f"{shown(problem.child.table)} {doing}{source}: {times}"


def cost(problem: Problem) -> str:
    """Return what the fix costs."""
    if problem.child.kind in WRITES:
        return "one statement fails or succeeds as a whole: an error no longer names the row by its position"
    return "the rows of all rounds are in memory at once; keep the parent's LIMIT"
