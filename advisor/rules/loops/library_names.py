"""Tables as models, relations and fields: what each library would call them, from what the statements and keys show."""

from __future__ import annotations

import re
from dataclasses import dataclass

from advisor.catalog.schema import Constraint, Schema, Table
from advisor.rules.context import RuleContext
from advisor.rules.loops.problems import Problem
from advisor.rules.loops.relation import singular
from advisor.rules.loops.stack import Stack

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_")
_ID = re.compile(r"(_id|Id|ID)$")


@dataclass(frozen=True, slots=True)
class Names:
    """What to fill into a remedy; guesses after each library's custom."""

    parent: str
    """Table of the parent."""
    child: str
    key: str
    """The child's key column."""
    parent_model: str
    child_model: str
    relation: str
    """The attribute of the parent that leads to the child."""
    reverse: str = ""
    """The same in a query: Django's name of a relation without `related_name`."""
    owner: str = ""
    """The attribute of the child that leads back to the parent: the key without its `_id`."""
    fields: tuple[str, ...] = ()
    """Columns that the statement writes."""

    def fill(self, template: str) -> str:
        """Return the template with the names filled in."""
        words = {
            "parent": self.parent, "child": self.child, "key": self.key, "Parent": self.parent_model,
            "Child": self.child_model, "relation": self.relation, "Relation": camel(self.relation),
            "reverse": self.reverse or self.relation, "owner": self.owner,
            "lowerParent": _lower(self.parent_model), "lowerChild": _lower(self.child_model),
            "lowerRelation": _lower(camel(self.relation)), "lowerOwner": _lower(camel(self.owner)),
            "Key": camel(self.key), "lowerKey": _lower(camel(self.key)),
            "fields": ", ".join(f'"{field}"' for field in self.fields),
        }  # fmt: skip
        for word, name in words.items():
            template = template.replace("{" + word + "}", name)
        return template


def through(problem: Problem, context: RuleContext) -> Table | None:
    """Return the table on the far side when the child is but the link of a many-to-many relation."""
    link, key = problem.child.table, set(problem.child.key)
    if problem.parent is None or not key < {column for one in _foreign(link) for column in one.columns}:
        return None
    read = {(table.schema, table.table) for table in context.shapes[problem.query].tables}
    far = [one.references for one in _foreign(link) if one.references in read and not set(one.columns) & key]
    return context.schema.tables.get(far[0]) if len(far) == 1 and far[0] else None


def names(problem: Problem, context: RuleContext, stack: Stack) -> Names:
    """Return the names to fill in."""
    far = through(problem, context)
    child = far or problem.child.table
    parent = problem.parent.table if problem.parent else child
    key = problem.child.key[0] if problem.child.key else "id"
    to_one = problem.parent.relation.to_one if problem.parent else False
    relation = _ID.sub("", problem.parent.relation.parent_columns[0]) if to_one and problem.parent else child.name
    if relation in (key, ""):
        relation = singular(child.name)
    reverse = relation
    if stack == "Django" and not to_one and far is None and _label(child, context.schema):
        reverse = _bare(child, context.schema, stack).lower()
        relation = f"{reverse}_set"
    return Names(
        parent.name, child.name, key, _model(parent, context.schema, stack), _model(child, context.schema, stack),
        relation, reverse, _ID.sub("", key), tuple(sorted(problem.child.shape.written)),
    )  # fmt: skip


def camel(name: str) -> str:
    """Return a name as a class carries it: `line_items` is `LineItems`, `lineItems` too."""
    return "".join(word[:1].upper() + word[1:] for word in _HUMP.split(name) if word)


def _model(table: Table, schema: Schema, stack: Stack) -> str:
    words = [word for word in _HUMP.split(_bare(table, schema, stack)) if word]
    if not words:
        return "Model"
    last = words[-1][:1] + singular(words[-1])[1:]
    return "".join(word[:1].upper() + word[1:] for word in [*words[:-1], last])


def _bare(table: Table, schema: Schema, stack: Stack) -> str:
    label = _label(table, schema) if stack == "Django" else ""
    return table.name[len(label) + 1 :] if label else table.name


def _label(table: Table, schema: Schema) -> str:
    """Return the app label of Django's default table names (`app_model`): a first word that several tables share.

    A link table (`course_labels`) has none: what it begins with is a table itself.
    """
    first, _, rest = table.name.partition("_")
    all_names = {name for _, name in schema.tables}
    others = [name for name in all_names if name.startswith(f"{first}_") and name != table.name]
    return first if rest and others and not all_names & {first, f"{first}s"} else ""


def _foreign(table: Table) -> list[Constraint]:
    return [one for one in table.constraints if one.kind == "foreign"]


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
