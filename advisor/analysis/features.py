"""Features: facts about a whole statement that rules ask for."""

from __future__ import annotations

from advisor.analysis.expression import Placeholder, walk
from advisor.analysis.parse import Node
from advisor.analysis.state import Level, State


def note_features(state: State, top: Level, tree: Node) -> None:
    """Note what the binding of single clauses did not: limits, stars, paging."""
    features = state.features
    if top.limit is not None:
        features.add("limit")
    if top.offset is not None:
        features.add("offset")
        if any(isinstance(part, Placeholder) for part in walk(top.offset)):
            features.add("parameterised-offset")
    if any(target.star for target in top.targets):
        features.add("select-star")
    if top.sort:
        features.add("order-by")
