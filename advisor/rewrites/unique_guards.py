"""Unique indexes that a batch of updates might meet: they are checked row by row, in the order of the join."""

from __future__ import annotations

import re
from typing import Any

from advisor.rewrites.rounds import Repeated


def guarding_index(tree: Any, written: set[str], repeated: Repeated) -> str | None:
    """Return a unique index whose key, expression or predicate holds a column that is written.

    Uniqueness is checked row by row: what two rounds do one after the other may collide in the order of a join.
    """
    table = repeated.schema.table(tree.relation.relname, tree.relation.schemaname)
    for index in table.indexes if table else ():
        definition = index.definition
        texts = [key.expression for key in definition.keys if not key.column] + [definition.where or ""]
        named = {
            name for text in texts for name in written if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text or "")
        }
        if definition.unique and (named or written & {key.column for key in definition.keys}):
            return str(index.name)
    return None
