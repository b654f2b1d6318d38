"""Revisions without a value of production in what they say; what the index itself needs stays, and is named.

Kept are names, figures and the shapes of queries. A reason may quote what statements compared with, in any words, so it
is written anew from what the proposal holds besides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pglast.parser import ParseError, scan

from advisor.catalog.index import IndexDefinition
from advisor.catalog.redaction.redact_statements import without_constants
from advisor.indexes.candidates.guarded_keys import WARNING
from advisor.indexes.proposal import IndexProposal
from advisor.revisions.change import Change

CONSTANTS = frozenset({"SCONST", "USCONST", "BCONST", "XCONST", "FCONST", "ICONST"})
WITHHELD = "(text left out: its constants cannot be told apart)"
COMMENT = "COMMENT ON INDEX "


def redacted_texts(queries: Mapping[str, str]) -> dict[str, str]:
    """Return the text of each query with a parameter for each constant and without comments."""
    return {query: without_constants(text) or WITHHELD for query, text in queries.items()}


def redacted_change(change: Change) -> Change:
    """Return the change without a value in its reason and comment; its remark says what is left out and what stays."""
    marks = tuple(mark for mark in change.marks if not mark.startswith(COMMENT))
    remarks = ["Redacted: reasons, texts and comments are given without values."]
    if len(marks) < len(change.marks):
        remarks.append("The comment of the index is left out, so the downgrade does not bring it back.")
    if places := constants(change.definition):
        remarks.append(
            f"Look at the constants of {places} before this is committed: they are part of the index, so they stay."
        )
    return replace(change, proposal=_proposal(change.proposal), marks=marks, remark=" ".join(remarks))


def constants(definition: IndexDefinition | None) -> str:
    """Return where an index holds constants, "its predicate and its keys" at most; empty when it holds none."""
    if definition is None:
        return ""
    keys = any(_holds_constant(key.expression) for key in definition.keys if key.column is None)
    places = {"its predicate": bool(definition.where) and _holds_constant(definition.where or ""), "its keys": keys}
    return " and ".join(place for place, held in places.items() if held)


def _holds_constant(sql: str) -> bool:
    """Return whether SQL holds a constant; in doubt it does."""
    try:
        return any(token.name in CONSTANTS for token in scan(sql))
    except ParseError:
        return True


def _proposal(proposal: IndexProposal) -> IndexProposal:
    """Return the proposal with a reason that quotes nothing; that of a drop names servers' counts and indexes only."""
    if proposal.action == "drop":
        return proposal
    return replace(proposal, reason="; ".join(_reasons(proposal)))


def _reasons(proposal: IndexProposal) -> Iterator[str]:
    count = len(proposal.queries)
    yield f"serves {count} quer{'y' if count == 1 else 'ies'}"
    if WARNING in proposal.reason:
        yield f"{WARNING}: a row it fails on stops the build, or a later INSERT"
    if proposal.definition.where and proposal.basis == "generic":
        yield "unverified: its predicate rests on a plan without values"
    if proposal.replaces:
        yield f"makes {', '.join(proposal.replaces)} redundant"
    yield "what else it rests on is in the report"
