"""Shapes of loops: what a program reads first, and what it does for each row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tests.nplus1_corpus.generated.domain import CODES, OWNERS, Role
from tests.nplus1_corpus.generated.program import Body, Program
from tests.nplus1_corpus.generated.stacks.stack import Row

Shape = Callable[[Program], tuple[Callable[[Any, int], Sequence[Any]], Body]]
"""Returns how the rows to iterate over are read, and what is done for each of them."""
SHAPES: dict[str, Shape] = {}
WRITES = ("insert", "insert-child", "update", "save", "delete", "upsert")


def shape(function: Shape) -> Shape:
    """Register a shape."""
    SHAPES[function.__name__.strip("_").replace("_", "-")] = function
    return function


def listed(program: Program, role: Role) -> Callable[[Any, int], Sequence[Row]]:
    """Return a reader of a list of rows of a table, in a style of the program's own."""
    style = program.chance.choice(("limit", "descending", "offset", "upto", "state"))
    table = program.domain[role]

    def read(stack: Any, length: int) -> Sequence[Row]:
        key = table.key[0]
        if style == "upto" and program.domain.keys == "bigint" and role in ("owner", "item"):
            return stack.select(table, {}, order=key, at_most=("id", length))
        if style == "state" and role in ("owner", "item"):
            state = program.chance.choice(("new", "open", "done"))
            rows = stack.select(table, {"state": state}, order=key)
            return rows[:length] if len(rows) > length * 3 else rows
        if style == "offset":
            return stack.select(table, {}, order=key, limit=length, offset=program.chance.randint(0, 40))
        return stack.select(table, {}, order=key, limit=length, descending=style == "descending")

    return read


@shape
def to_many(program: Program) -> Any:
    """The rows that point at each row of a list."""
    domain = program.domain
    child = program.chance.choice(("item", "second"))

    def body(stack: Any, row: Row) -> None:
        stack.select(domain[child], {domain.owner_ref: row["id"]}, order="id" if program.style < 0.5 else None)
        program.ran("NPO001", child, "owner")

    return listed(program, "owner"), body


@shape
def to_one(program: Program) -> Any:
    """What each row of a list points at."""
    domain = program.domain

    def body(stack: Any, row: Row) -> None:
        stack.select(domain["owner"], {"id": row[domain.owner_ref]})
        program.ran("NPO001", "owner", "item")

    return listed(program, "item"), body


@shape
def branching(program: Program) -> Any:
    """A child for every row, another one for some."""
    domain, every = program.domain, program.chance.choice((2, 3))

    def body(stack: Any, row: Row) -> None:
        stack.select(domain["item"], {domain.owner_ref: row["id"]})
        program.ran("NPO001", "item", "owner")
        if program.chance.random() < 1 / every:
            stack.select(domain["second"], {domain.owner_ref: row["id"]})
            program.ran("NPO001", "second", "owner")

    return listed(program, "owner"), body


@shape
def nested(program: Program) -> Any:
    """A loop in a loop."""
    domain = program.domain

    def body(stack: Any, row: Row) -> None:
        items = stack.select(domain["item"], {domain.owner_ref: row["id"]})
        program.ran("NPO001", "item", "owner")
        for item in items:
            stack.select(domain["part"], {domain.item_ref: item["id"]})
            program.ran("NPO001", "part", "item")

    return listed(program, "owner"), body


@shape
def chain(program: Program) -> Any:
    """What each row points at, and what that points at."""
    domain = program.domain

    def body(stack: Any, row: Row) -> None:
        found = stack.select(domain["owner"], {"id": row[domain.owner_ref]})
        program.ran("NPO001", "owner", "item")
        for owner in found:
            stack.select(domain["group"], {"id": owner[domain.group_ref]})
            program.ran("NPO001", "group", "owner")

    return listed(program, "item"), body


@shape
def count(program: Program) -> Any:
    """How many rows point at each row."""
    domain = program.domain

    def body(stack: Any, row: Row) -> None:
        stack.count(domain["item"], {domain.owner_ref: row["id"]})
        program.ran("NPO001", "item", "owner")

    return listed(program, "owner"), body


@shape
def latest(program: Program) -> Any:
    """The latest row that points at each row."""
    domain = program.domain

    def body(stack: Any, row: Row) -> None:
        stack.select(domain["item"], {domain.owner_ref: row["id"]}, order="id", descending=True, limit=1)
        program.ran("NPO001", "item", "owner")

    return listed(program, "owner"), body


@shape
def polymorphic(program: Program) -> Any:
    """Notes on each row, by a constant type."""
    domain, role = program.domain, program.chance.choice(("owner", "item"))

    def body(stack: Any, row: Row) -> None:
        stack.select(domain["note"], {"subject_type": role, "subject_id": row["id"]})
        program.ran("NPO001", "note")

    return listed(program, role), body


@shape
def by_code(program: Program) -> Any:
    """Codes from a file, looked up one by one."""
    domain = program.domain

    def body(stack: Any, number: int) -> None:
        stack.select(domain["code"], {domain.code_column: f"C{(1 + number % CODES) * 7919 % 100000:05d}"})
        program.ran("NPO001", "code")

    return from_file(program, CODES), body


def from_file(program: Program, most: int) -> Callable[[Any, int], Sequence[int]]:
    """Return a reader that asks no server: numbers of rows in the order of a file."""
    ordered = program.chance.random() < 0.3

    def read(_: Any, length: int) -> Sequence[int]:
        chosen = program.chance.sample(range(1, most + 1), min(length, most))
        return sorted(chosen) if ordered else chosen

    return read


@shape
def by_function(program: Program) -> Any:
    """Addresses from a file, looked up in lower case."""
    domain = program.domain

    def body(stack: Any, number: int) -> None:
        stack.folded(domain["owner"], "email", f"User{number}@Example.org")
        program.ran("NPO001", "owner")

    return from_file(program, OWNERS), body


@shape
def by_id(program: Program) -> Any:
    """Ids from a file or a cache, looked up one by one."""
    domain = program.domain

    def body(stack: Any, number: int) -> None:
        stack.select(domain["item"], {"id": domain.id("item", number)})
        program.ran("NPO001", "item")

    return from_file(program, 600), body


@shape
def natural_key(program: Program) -> Any:
    """Positions of documents, by the document's number, without a declared foreign key."""
    domain = program.domain
    number = domain["head"].key[0]

    def body(stack: Any, row: Row) -> None:
        stack.select(domain["position"], {number: row[number]})
        program.ran("NPO001", "position", "head")

    return listed(program, "head"), body


@shape
def tenant(program: Program) -> Any:
    """What each row points at, by a tenant's constant number and an id."""
    domain, org = program.domain, program.chance.choice((1, 2))

    def read(stack: Any, length: int) -> Sequence[Row]:
        return stack.select(domain["device"], {"org_id": org}, order="id", limit=length)

    def body(stack: Any, row: Row) -> None:
        stack.select(domain["site"], {"org_id": org, "id": row["site_id"]})
        program.ran("NPO001", "site", *(("device",) if domain.declared else ()))

    return read, body


@shape
def short_lists(program: Program) -> Any:
    """A list of one to four ids for each row."""
    domain = program.domain

    def body(stack: Any, row: Row) -> None:
        more = [domain.id("owner", program.chance.randint(1, OWNERS)) for _ in range(program.chance.randint(0, 3))]
        stack.within(domain["owner"], "id", [row[domain.owner_ref], *more])
        program.ran("NPO001", "owner", "item")

    return listed(program, "item"), body


@shape
def as_of(program: Program) -> Any:
    """The rate that held on each day."""
    domain = program.domain

    def body(stack: Any, number: int) -> None:
        currency = ("EUR", "USD", "CHF", "GBP", "JPY", "SEK", "NOK", "PLN")[number % 8]
        stack.select(
            domain["rate"], {"currency": currency}, at_most=("valid_from", number % 50), order="valid_from",
            descending=True, limit=1,
        )  # fmt: skip
        program.ran("NPO001", "rate")

    return from_file(program, 400), body


@shape
def insert(program: Program) -> Any:
    """Rows of a file, inserted one by one."""
    domain = program.domain

    def body(stack: Any, number: int) -> None:
        kind = program.chance.choice(("owner", "item"))
        row = {"subject_type": kind, "subject_id": domain.id("owner", number), "body": f"line {number}"}
        stack.insert(domain["note"], [{"id": fresh(program), **row}])
        program.ran("BAT001", "note")

    return from_file(program, OWNERS), body


def fresh(program: Program) -> Any:
    """Return a key that no row has."""
    number = program.chance.randint(10**9, 10**15)
    return program.domain.id("note", number)


@shape
def insert_child(program: Program) -> Any:
    """A row for each row of a list."""
    domain = program.domain

    def body(stack: Any, row: Row) -> None:
        body = program.chance.choice(("x", "y", None))
        stack.insert(domain["part"], [{"id": fresh(program), domain.item_ref: row["id"], "body": body}])
        program.ran("BAT001", "part")

    return listed(program, "item"), body


@shape
def update(program: Program) -> Any:
    """Each row of a list changed, some columns to NULL."""
    domain = program.domain

    def body(stack: Any, row: Row) -> None:
        name = program.chance.choice(("a", "b", "c", None))
        stack.update(domain["owner"], {"name": name, "tenant": program.chance.randint(1, 9)}, {"id": row["id"]})
        program.ran("BAT002", "owner", "owner")

    return listed(program, "owner"), body


@shape
def save(program: Program) -> Any:
    """Each row read again and then changed."""
    domain = program.domain

    def body(stack: Any, row: Row) -> None:
        stack.select(domain["item"], {"id": row["id"]})
        program.ran("NPO001", "item", "item")
        stack.update(domain["item"], {"qty": program.chance.randint(0, 99)}, {"id": row["id"]})
        program.ran("BAT002", "item", "item")

    return listed(program, "item"), body


@shape
def delete(program: Program) -> Any:
    """Each row of a list deleted."""
    domain = program.domain

    def body(stack: Any, row: Row) -> None:
        stack.delete(domain["note"], {"id": row["id"]})
        program.ran("BAT003", "note", "note")

    return listed(program, "note"), body


@shape
def upsert(program: Program) -> Any:
    """Settings written one by one."""
    domain = program.domain

    def body(stack: Any, number: int) -> None:
        stack.upsert(domain["pref"], {"k": f"setting {number}", "v": f"value {program.chance.random():.3f}"})
        program.ran("BAT001", "pref")

    return from_file(program, 60), body
