"""The claims a rewrite may make, each checked by running both forms over one set of rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from advisor.catalog.schema import Table
from advisor.rewrites.proof.bindings import Binder, Vector
from advisor.rewrites.proof.equal_rows import Whole, differ, whole
from advisor.rewrites.proof.hostile_values import array
from advisor.rewrites.proof.outcome import Line, Outcome, contents, outcome, run
from advisor.rewrites.proof.proving_database import ProofDatabase
from advisor.rewrites.proof.subject import Subject, with_small_limit, without_limit
from advisor.rewrites.rewrite import Rewrite

_TWICE = "21000"
"""SQLSTATE of a command that would change a row a second time."""
_VECTORS = 3
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one set of rows said."""

    seen: bool
    """Whether the original found or changed anything, so that the comparison means something."""
    difference: str | None = None


@dataclass(frozen=True)
class Trial:
    """One rewrite over one set of rows."""

    rewrite: Rewrite
    original: Subject
    database: ProofDatabase
    binder: Binder
    written: tuple[Table, ...]
    left_out: frozenset[str]
    parent: Binder | None = None
    settings: tuple[str, ...] = ()
    """Ways to plan that are switched off, so that what hangs on the plan comes out."""

    def judge(self) -> Verdict:
        """Return what the rows say of the claim; raises `Undecided` when they say nothing."""
        check: Callable[[Trial], Verdict] = {
            "same": _same, "rounds": _rounds, "pages": _pages, "joined": _joined, "walk": _walk,
        }[self.rewrite.claim]  # fmt: skip
        user = self.database.user
        user.rollback()
        try:
            user.execute("SELECT 1")  # opens the transaction that all runs share
            for setting in self.settings:
                user.execute(f"SET LOCAL {setting} = off".encode())
            return check(self)
        finally:
            user.rollback()

    def attempt(self, text: str, vectors: Sequence[Sequence[str | None]]) -> Outcome:
        """Return what running a statement with each of these values, in one transaction, does."""

        def kept() -> list[tuple[str, Counter[bytes]]]:
            return contents(self.database.user, self.database.schema, self.written, self.left_out)

        return outcome(
            self.database.user,
            lambda: [run(self.database.user, text, vector) for vector in vectors],
            kept if self.original.writes else None,
        )

    def every(self, text: str, vector: Vector) -> Whole | None:
        """Return all rows of the original without its LIMIT, and their sort keys."""
        stripped = without_limit(text, with_keys=self.original.ordered)
        if stripped is None:
            return None
        bare, keys = stripped
        found = self.attempt(bare, [_as_many(vector, bare)])
        return None if found.error else whole(found.answers[0], keys)

    def untouched(self) -> Outcome:
        """Return what stands in the tables before anything runs."""
        return self.attempt("SELECT 1", [()])


def _as_many(vector: Sequence[str | None], text: str) -> list[str | None]:
    """Return as many values as a statement takes: those of a LIMIT that is gone are left out."""
    from advisor.rewrites.tree import parameters, parse

    numbers = parameters(parse(text))
    return list(vector[: max(numbers, default=0)])


def _same(trial: Trial) -> Verdict:
    seen = False
    before = trial.untouched() if trial.original.writes else None
    for _ in range(_VECTORS if trial.binder.types else 1):
        vector = trial.binder.vector()
        one = trial.attempt(trial.rewrite.original, [vector])
        two = trial.attempt(trial.rewrite.text, [vector])
        if one.error or two.error:
            if one.error != two.error:
                return Verdict(True, f"error {two.error} instead of {one.error}")
            continue
        seen = seen or bool(one.answers[0]) or (before is not None and before.tables != one.tables)
        if one.tables != two.tables:
            return Verdict(True, "other rows are changed")
        every = trial.every(trial.rewrite.original, vector) if one.answers != two.answers else None
        said = differ(
            one.answers[0], two.answers[0], every, ordered=trial.original.ordered, limited=trial.original.limited
        )
        if said:
            return Verdict(True, said)
    return Verdict(seen)


def _rounds(trial: Trial) -> Verdict:
    rewrite = trial.rewrite
    varying = [rewrite.numbers[number - 1] for number in rewrite.arrays]
    first = trial.binder.vector()
    rounds = [first, *(trial.binder.again(first, varying) for _ in range(_ROUNDS - 1))]
    twice = trial.binder.again(rounds[0], set(varying) - set(rewrite.keys or varying))
    rounds.insert(trial.binder.generator.randrange(1, len(rounds)), twice)
    if trial.original.writes:
        verdict = _same_changes(trial, rounds, varying)
        return verdict if verdict.difference else _too_much(trial, rounds, varying) or verdict
    if extreme := trial.binder.too_much(rounds[-1], varying):
        rounds.append(extreme)
    return _same_reads(trial, rounds, varying)


def given(rewrite: Rewrite, rounds: Sequence[Vector]) -> Vector:
    """Return the values of a rewrite for these rounds: arrays where it takes them."""
    values: Vector = []
    for place, old in enumerate(rewrite.numbers, 1):
        mine = [values_of[old - 1] for values_of in rounds]
        values.append(array(mine) if place in rewrite.arrays else mine[0])
    return values


def _same_reads(trial: Trial, rounds: Sequence[Vector], varying: Sequence[int]) -> Verdict:
    rewrite, seen = trial.rewrite, False
    looped: list[tuple[Line, ...]] = []
    kept: list[Vector] = []
    for values in rounds:
        one = trial.attempt(rewrite.original, [values])
        two = trial.attempt(rewrite.text, [given(rewrite, [values])])
        if one.error or two.error:
            if one.error != two.error:
                return Verdict(True, f"error {two.error} instead of {one.error}")
            continue
        kept.append(values)
        seen = seen or bool(one.answers[0])
        looped.append(one.answers[0])
        alone = _bare(two.answers[0], rewrite)
        every = trial.every(rewrite.original, values) if alone != one.answers[0] else None
        limited = trial.original.limited
        if said := differ(one.answers[0], alone, every, ordered=trial.original.ordered, limited=limited):
            return Verdict(True, said)
    rounds = kept
    if not rounds:
        return Verdict(False)
    whole_run = trial.attempt(rewrite.text, [given(rewrite, rounds)])
    if whole_run.error:
        return Verdict(True, f"error {whole_run.error}")
    wanted = [row for place in _first_of_each(trial, rounds, varying) for row in looped[place]]
    at_once = _bare(whole_run.answers[0], rewrite)
    if len(wanted) != len(at_once) or (not trial.original.limited and Counter(wanted) != Counter(at_once)):
        return Verdict(True, "other rows for several keys at once")
    return Verdict(seen)


def _bare(rows: Sequence[Line], rewrite: Rewrite) -> tuple[Line, ...]:
    """Return rows without the columns that name their round."""
    return tuple(row[rewrite.keys_first : len(row) - rewrite.keys_last] for row in rows)


def _first_of_each(trial: Trial, rounds: Sequence[Vector], varying: Sequence[int]) -> list[int]:
    """Return the places of the rounds whose keys no earlier round had, as the server compares them."""
    ranks = []
    for number in varying:
        kind = _array_type(trial, number)
        text = f"SELECT dense_rank() OVER (ORDER BY v) FROM unnest($1::{kind}) WITH ORDINALITY AS u (v, o) ORDER BY o"
        found = trial.attempt(text, [[array([values[number - 1] for values in rounds])]])
        if found.error:
            ranks.append([values[number - 1] for values in rounds])
        else:
            ranks.append([(line[0] or b"").decode() for line in found.answers[0]])
    keys = list(zip(*ranks, strict=True))
    return [place for place, key in enumerate(keys) if key not in keys[:place]]


def _array_type(trial: Trial, number: int) -> str:
    from advisor.rewrites.cast_types import parameter_type

    kind = parameter_type(trial.binder.types[number - 1])
    return "text[]" if kind.endswith("[]") else f"{kind}[]"


def _same_changes(trial: Trial, rounds: Sequence[Vector], varying: Sequence[int]) -> Verdict:
    rewrite, seen = trial.rewrite, False
    before = trial.untouched()
    single = [rounds[place] for place in _first_of_each(trial, rounds, rewrite.keys or varying)]
    for some in (single, rounds, single[:1], single[1:]):
        if not some:
            continue
        one = trial.attempt(rewrite.original, some)
        two = trial.attempt(rewrite.text, [given(rewrite, some)])
        if two.error == _TWICE and rewrite.once and some is rounds:
            continue
        if one.error and some is rounds:
            continue  # what failed may be a value that a later round overwrites
        if one.error or two.error:
            if one.error != two.error:
                return Verdict(True, f"error {two.error} instead of {one.error}")
            continue
        seen = seen or one.tables != before.tables
        if one.tables != two.tables:
            return Verdict(True, "other rows are written")
        returned = [row for answer in one.answers for row in answer]
        alike = Counter(map(_known(trial), returned)) == Counter(map(_known(trial), two.answers[0]))
        if some is not rounds and not alike:
            return Verdict(True, "other rows are returned")
    return Verdict(seen)


def _too_much(trial: Trial, rounds: Sequence[Vector], varying: Sequence[int]) -> Verdict | None:
    """Return the difference that a value beyond its column's length or precision makes, `None` for none.

    The loop fails at it even where it finds no row; one statement may then do the rest, but nothing else.
    """
    extreme = trial.binder.too_much(rounds[0], varying)
    if extreme is None:
        return None
    one = trial.attempt(trial.rewrite.original, [extreme])
    two = trial.attempt(trial.rewrite.text, [given(trial.rewrite, [extreme])])
    if one.error == two.error and one.tables == two.tables:
        return None
    if one.error and not two.error and two.tables == trial.untouched().tables:
        return None
    return Verdict(True, f"error {two.error} instead of {one.error} for a value that is too long or too large")


def _known(trial: Trial) -> Callable[[Line], Line]:
    """Return what of a returned row can be compared: nothing that the server made up."""
    return (lambda row: ()) if trial.left_out and trial.rewrite.form == "insert" else (lambda row: row)


def _pages(trial: Trial) -> Verdict:
    rewrite = trial.rewrite
    page = rewrite.page
    vector = trial.binder.vector()
    size = 2
    for number in page["size"]:
        vector[number - 1] = str(size)
    for number in page["skip"]:
        vector[number - 1] = "0"
    first = with_small_limit(rewrite.first or "", size)
    following = with_small_limit(rewrite.text, size)
    whole_list = without_limit(rewrite.original, with_keys=True)
    if whole_list is None:
        return Verdict(True, "its order cannot be told")
    text, keys = whole_list
    found = trial.attempt(text, [_as_many(vector, text)])
    if found.error:
        return Verdict(False)
    every = whole(found.answers[0], keys)
    own = [vector[number - 1] for number in rewrite.numbers]
    listed: list[Line] = []
    answer = trial.attempt(first, [own])
    while not answer.error and answer.answers[0] and len(listed) <= len(found.answers[0]):
        listed += answer.answers[0]
        last = answer.answers[0][-1]
        values = [None if last[place] is None else (last[place] or b"").decode() for place in page["places"]]
        answer = trial.attempt(following, [[*own, *values]])
    if answer.error:
        return Verdict(True, f"error {answer.error}")
    width = len(found.answers[0][0]) - keys if found.answers[0] else 0
    wanted = [row[:width] for row in found.answers[0]]
    said = differ(wanted, [row[:width] for row in listed], every, ordered=True, limited=False)
    return Verdict(len(wanted) > size, said)


def _joined(trial: Trial) -> Verdict:
    rewrite, parent = trial.rewrite, trial.parent
    assert parent is not None and rewrite.parent is not None
    mine, its = parent.vector(), trial.binder.vector()
    database = trial.database.user
    one = outcome(database, lambda: [run(database, rewrite.parent or "", mine)], None)
    places = _named(trial, rewrite.parent, mine, rewrite.link)
    values = [
        *(mine[number - 1] for number in rewrite.parent_numbers),
        *(its[number - 1] for number in rewrite.numbers),
    ]
    two = trial.attempt(rewrite.text, [values])
    if one.error or two.error or places is None:
        return Verdict(bool(two.error) and not one.error, None if one.error == two.error else f"error {two.error}")
    wanted: list[Line] = []
    width = len(one.answers[0][0]) if one.answers[0] else 0
    for row in one.answers[0]:
        vector = list(its)
        for number, place in zip(rewrite.arrays, places, strict=True):
            vector[number - 1] = None if row[place] is None else (row[place] or b"").decode()
        inner = trial.attempt(rewrite.original, [vector])
        if inner.error:
            return Verdict(False)
        blank = len(two.answers[0][0]) - width if two.answers[0] else 0
        wanted += [(*row, *line) for line in inner.answers[0] or [(None,) * blank]]
    if Counter(wanted) != Counter(two.answers[0]):
        return Verdict(True, "other rows")
    if [row[:width] for row in wanted] != [row[:width] for row in two.answers[0]] and _has_order(rewrite.parent):
        keys = without_limit(rewrite.parent, with_keys=True)
        order = trial.attempt(keys[0], [_as_many(mine, keys[0])]) if keys else None
        if keys and order and not order.error:
            every = whole(order.answers[0], keys[1])
            said = differ([row[:width] for row in wanted], [row[:width] for row in two.answers[0]], every,
                          ordered=True, limited=False)  # fmt: skip
            return Verdict(True, said)
    return Verdict(bool(wanted))


def _has_order(text: str) -> bool:
    from advisor.rewrites.tree import parse

    tree = parse(text)
    return bool(getattr(tree, "sortClause", None))


def _named(trial: Trial, text: str, vector: Vector, names: Sequence[str]) -> list[int] | None:
    """Return where a statement's output has the columns of these names."""
    import psycopg

    user = trial.database.user
    try:
        with user.transaction(force_rollback=True), psycopg.RawCursor(user) as cursor:
            cursor.execute(text.encode(), list(vector))
            listed = [column.name for column in cursor.description or ()]
    except psycopg.Error:
        return None
    return [listed.index(name) for name in names] if all(listed.count(name) == 1 for name in names) else None


def _walk(trial: Trial) -> Verdict:
    """Walk as the client does, from row to row, each value once, and compare with what one statement finds."""
    rewrite = trial.rewrite
    vector = trial.binder.vector()
    places = _named(trial, rewrite.first or "", vector, rewrite.link)
    if places is None:
        return Verdict(False)
    number = rewrite.arrays[0]
    waiting, tried = [vector[number - 1]], set[str | None]()
    found: set[Line] = set()
    while waiting:
        value = waiting.pop()
        if value in tried:
            continue
        tried.add(value)
        one = trial.attempt(rewrite.first or "", [[value if n == number else v for n, v in enumerate(vector, 1)]])
        if one.error:
            return Verdict(False)
        found.update(one.answers[0])
        waiting += [(row[places[0]] or b"").decode() for row in one.answers[0] if row[places[0]] is not None]
    whole_run = trial.attempt(rewrite.text, [vector])
    if whole_run.error or set(whole_run.answers[0]) != found or len(whole_run.answers[0]) != len(found):
        return Verdict(True, "other rows")
    return Verdict(bool(found))
