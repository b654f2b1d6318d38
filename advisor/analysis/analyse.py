"""The entry of this package: the shape of a query from its text and the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisor.analysis.binding import changes, forms, operators, sublinks
from advisor.analysis.binding.queries import STATEMENTS
from advisor.analysis.binding.scope import Scope
from advisor.analysis.binding.state import Domain, State
from advisor.analysis.parse import Node, Refused, statement
from advisor.analysis.row_security import Asker
from advisor.analysis.shape import QueryShape, Unanalysable
from advisor.analysis.shaping.features import note_features
from advisor.analysis.shaping.shapes import Kind, shape
from advisor.analysis.tree_slots import references, slots
from advisor.catalog.schema import Schema
from advisor.workload.counting.utilities import is_utility
from advisor.workload.model import Query, Slot

KINDS: dict[str, Kind] = {
    "SelectStmt": "select", "InsertStmt": "insert", "UpdateStmt": "update", "DeleteStmt": "delete",
    "MergeStmt": "merge",
}  # fmt: skip
WRAPPERS = {
    "ExplainStmt": "explain", "PrepareStmt": "prepare", "DeclareCursorStmt": "cursor", "CreateTableAsStmt": "create-as",
    "CopyStmt": "copy",
}  # fmt: skip
"""Statements around a query, which stands in their field `query`, and the feature that tells of them."""
DEFECT = "a defect of the analysis, please report it"
"""How the reason begins when no statement should have caused it."""
BINDER_MODULES = (changes, forms, operators, sublinks)
"""Imported so that their binders are entered."""


def analyse_query(
    query: Query, schema: Schema, search_path: Sequence[str] | None = None, asker: Asker | None = None
) -> QueryShape | Unanalysable:
    """Return the shape of a query of the workload, read with the values that its captured executions had."""
    if query.unparsed:
        return Unanalysable(query.unparsed)
    values = {number: _values(slot) for number, slot in enumerate(query.slots)}
    return analyse(query.text, schema, search_path, values, asker)


def _values(slot: Slot) -> tuple[str | None, ...]:
    return tuple(value for value, _ in slot.common)


def analyse(
    text: str,
    schema: Schema,
    search_path: Sequence[str] | None = None,
    values: Mapping[int, tuple[str | None, ...]] | None = None,
    asker: Asker | None = None,
) -> QueryShape | Unanalysable:
    """Return what a statement asks of each table, or why that cannot be told; never raises.

    `search_path` is that of the session which ran it, where it differs from the database's. `values` are those that
    the `$n` of a normalised text are known to have had, by slot: one that never varied stands in the term it is part
    of (`settings ->> $1`), and patterns are told by how they begin. Operands stay parameters. `asker` is the role whose
    policies of row security apply.
    """
    try:
        tree = statement(text)
        path = tuple(search_path if search_path is not None else schema.search_path)
        return _shape(tree, State(schema, path, text.encode(), values=values or {}, asker=asker))
    except Refused as refusal:
        return QueryShape("utility", ()) if is_utility(text) else Unanalysable(str(refusal))
    except RecursionError:
        return Unanalysable("it is nested too deeply")
    except Exception as error:  # one statement must not end the analysis of all the others
        return Unanalysable(f"{DEFECT}: {type(error).__name__}: {error}")


def _shape(tree: Node, state: State) -> QueryShape:
    name, fields = next(iter(tree.items()))
    if name in WRAPPERS and "query" in fields:
        state.features.add(WRAPPERS[name])
        return _shape(fields["query"], state)
    if name not in KINDS:
        return QueryShape("utility", ())
    state.slots = slots(tree)
    state.references = references(tree) if "withClause" in fields or b"WITH" in state.text.upper() else {}
    top = STATEMENTS[name](state, Scope(Domain("inner"), 0), fields)
    if name == "InsertStmt":
        top = next((level for level in state.levels if level.depth == 0 and level is not top), top)
    note_features(state, top)
    return shape(state, KINDS[name], top)
