"""What repeats and is no loop: paging, batches, polling, visitors who come one after the other, queues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.nplus1_corpus.generated.domain import CODES, ITEMS, OWNERS
from tests.nplus1_corpus.generated.program import Program
from tests.nplus1_corpus.generated.shapes import fresh

LookAlike = Callable[[Program, Any], None]
LOOKALIKES: dict[str, LookAlike] = {}


def lookalike(function: LookAlike) -> LookAlike:
    """Register a look-alike."""
    LOOKALIKES[function.__name__.strip("_").replace("_", "-")] = function
    return function


@lookalike
def visitors(program: Program, stack: Any) -> None:
    """Requests that each look one thing up, at moments of their own, over one connection of a pool."""
    domain = program.domain
    page = program.chance.random() < 0.5
    for _ in range(program.chance.randint(8, 60)):
        number = program.chance.randint(1, OWNERS)
        stack.begin()
        stack.select(domain["owner"], {"id": domain.id("owner", number)})
        if page:
            stack.select(domain["item"], {domain.owner_ref: domain.id("owner", number)})
        stack.commit()
        program.pause(0.002, program.chance.choice((0.3, 3.0)))


@lookalike
def busy_visitors(program: Program, stack: Any) -> None:
    """Requests over several connections of a pool, each with its user, one thing and what points at it."""
    domain = program.domain
    others = [stack, *(program.open() for _ in range(program.chance.randint(1, 3)))]
    for _ in range(program.chance.randint(15, 80)):
        chosen = program.chance.choice(others)
        number = program.chance.randint(1, ITEMS)
        chosen.begin()
        code = program.chance.randint(1, CODES) * 7919 % 100000
        chosen.select(domain["code"], {domain.code_column: f"C{code:05d}"})
        chosen.select(domain["item"], {"id": domain.id("item", number)})
        chosen.select(domain["part"], {domain.item_ref: domain.id("item", number)})
        chosen.commit()
        program.pause(0.001, 0.4)


@lookalike
def offset_paging(program: Program, stack: Any) -> None:
    """All rows of a table, page by page."""
    stack.begin()
    for page in range(program.chance.randint(5, 20)):
        stack.select(program.domain["item"], {}, order="id", limit=20, offset=page * 20)
        program.work()
    stack.commit()


@lookalike
def keyset_paging(program: Program, stack: Any) -> None:
    """The same, each page beginning after the last one's end."""
    stack.begin()
    last = program.domain.id("part", 1)
    for _ in range(program.chance.randint(5, 20)):
        rows = stack.select(program.domain["part"], {}, order="id", above=("id", last), limit=25)
        if not rows:
            break
        last = rows[-1]["id"]
        program.work()
    stack.commit()


@lookalike
def chunks(program: Program, stack: Any) -> None:
    """Ids in lists of a constant size."""
    domain, size = program.domain, program.chance.randint(10, 60)
    stack.begin()
    for chunk in range(program.chance.randint(5, 15)):
        ids = [domain.id("item", 1 + (chunk * size + place) % ITEMS) for place in range(size)]
        stack.within(domain["item"], "id", ids)
        program.work()
    stack.commit()


@lookalike
def eager(program: Program, stack: Any) -> None:
    """Pages that read what they need by lists."""
    domain = program.domain
    for _ in range(program.chance.randint(5, 25)):
        stack.begin()
        rows = stack.select(domain["owner"], {}, order="id", limit=10, offset=program.chance.randint(0, 100))
        stack.within(domain["item"], domain.owner_ref, [row["id"] for row in rows])
        stack.within(domain["group"], "id", sorted({row[domain.group_ref] for row in rows}, key=str))
        stack.commit()
        program.pause(0.01, 1.0)


@lookalike
def batches(program: Program, stack: Any) -> None:
    """Inserts of many rows each."""
    domain = program.domain
    size = program.chance.randint(3, 30)
    stack.begin()
    for number in range(program.chance.randint(5, 15)):
        rows = [
            {"id": fresh(program), "subject_type": "item", "subject_id": domain.id("item", 1 + place), "body": "batch"}
            for place in range(number * size, number * size + size)
        ]
        stack.insert(domain["note"], rows)
        program.work()
    stack.commit()


@lookalike
def polling(program: Program, stack: Any) -> None:
    """A question asked at a steady pace about the latest state."""
    domain = program.domain
    period = program.chance.choice((0.1, 0.25, 0.5, 1.0, 5.0))
    for number in range(program.chance.randint(20, 60)):
        stack.begin()
        if program.style < 0.5:
            stack.select(domain["owner"], {"state": "new"}, order="id", limit=10)
        else:
            stack.select(domain["head"], {}, above=("made", number * 3), order="made", limit=10)
        stack.commit()
        program.clock.wait(period * program.chance.uniform(0.97, 1.03))


@lookalike
def same_again(program: Program, stack: Any) -> None:
    """One thing asked for again and again."""
    domain = program.domain
    number = program.chance.randint(1, OWNERS)
    stack.begin()
    for _ in range(program.chance.randint(5, 30)):
        stack.select(domain["owner"], {"id": domain.id("owner", number)})
        program.work()
    stack.commit()


@lookalike
def forms(program: Program, stack: Any) -> None:
    """One thing read, changed and saved a request."""
    domain = program.domain
    for _ in range(program.chance.randint(6, 30)):
        number = program.chance.randint(1, ITEMS)
        stack.begin()
        stack.select(domain["item"], {"id": domain.id("item", number)})
        stack.update(domain["item"], {"qty": program.chance.randint(0, 99)}, {"id": domain.id("item", number)})
        stack.insert(
            domain["note"],
            [{"id": fresh(program), "subject_type": "item", "subject_id": domain.id("item", number), "body": "saved"}],
        )
        stack.commit()
        program.pause(0.05, program.chance.choice((0.5, 4.0)))


@lookalike
def one_list_each(program: Program, stack: Any) -> None:
    """A list and one detail a request, at random."""
    domain = program.domain
    for _ in range(program.chance.randint(6, 25)):
        stack.begin()
        rows = stack.select(domain["owner"], {}, order="id", limit=10, offset=program.chance.randint(0, 100))
        stack.commit()
        program.pause(0.3, 2.0)
        chosen = program.chance.choice(rows)
        stack.begin()
        stack.select(domain["second"], {domain.owner_ref: chosen["id"]})
        stack.commit()
        program.pause(0.05, 2.0)
