"""The switchboard: plans under any set of indexes, by flipping `indisvalid` in a transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from advisor.catalog.index import IndexDefinition, IndexSize
from advisor.progress import tick
from advisor.twin.costing.board import Board
from advisor.twin.costing.planner import settings_of
from advisor.twin.plan import PlanNode
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask, Refused

_Result = TypeVar("_Result")

_BUNDLE = 64
"""Asks that share one pipeline."""
_MANY = 1000
"""Asks from which on a second board pays for its making."""


class Switchboard:
    """`WhatIf` on a twin: remembers what is asked again, and takes more boards when much is asked at once."""

    def __init__(self, first: Board, another: Callable[[], Board] | None = None, boards: int = 1) -> None:
        """Take the first board, a maker of boards like it, and how many may work side by side."""
        self.server_version = first.planner.connection.info.server_version
        self._boards = [first]
        self._another = another
        self._most = boards if another else 1
        self._built: list[dict[IndexDefinition, IndexSize]] = []
        self._answers: dict[Ask, PlanNode | Refused] = {}

    def build(self, candidates: Mapping[IndexDefinition, IndexSize]) -> Mapping[IndexDefinition, str | Refused]:
        """Make the candidates known at their estimated size, switched off; return their names or why not."""
        self._built.append(dict(candidates))
        return self._everywhere(lambda board: board.build(candidates))[0]

    def plan(self, asks: Sequence[Ask]) -> list[PlanNode | Refused]:
        """Plan every ask; the answers stand in the order of the asks, each planned once.

        Answers without candidates and with nothing hidden are remembered, the many others are not.
        """
        known = {ask: self._answers[ask] for ask in asks if ask in self._answers}
        fresh = [ask for ask in dict.fromkeys(asks) if ask not in known]
        if len(fresh) >= _MANY:
            self._add_boards()
        bundles = iter([fresh[start : start + _BUNDLE] for start in range(0, len(fresh), _BUNDLE)])
        for answers in self._everywhere(lambda board: _work(board, bundles)):
            known.update(answers)
        self._answers.update((ask, known[ask]) for ask in fresh if not (ask.candidates or ask.hidden))
        return [known[ask] for ask in asks]

    def parameter_types(self, text: str, search_path: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Return the SQL names of the types the server infers for `$1`…; nothing when it refuses the statement."""
        planner = self._boards[0].planner
        name = planner.prepare(text, settings_of(BoundStatement(text, None, "generic", search_path=search_path)))
        return () if isinstance(name, Refused) else tuple(planner.parameter_types(name))

    def printed_keys(self, candidate: IndexDefinition) -> tuple[str, ...]:
        """Return the keys of a candidate that was built, as the server prints them; nothing for another index."""
        return self._boards[0].candidates.printed(candidate)

    def _add_boards(self) -> None:
        while self._another and len(self._boards) < self._most:
            board = self._another()
            for candidates in self._built:
                board.build(candidates)
            self._boards.append(board)

    def _everywhere(self, work: Callable[[Board], _Result]) -> list[_Result]:
        """Do the same on every board, side by side."""
        if len(self._boards) == 1:
            return [work(self._boards[0])]
        with ThreadPoolExecutor(len(self._boards)) as pool:
            return list(pool.map(work, self._boards))


def _work(board: Board, bundles: Iterator[list[Ask]]) -> dict[Ask, PlanNode | Refused]:
    """Plan one bundle after the other as long as there are any; other boards take from the same iterator."""
    answers: dict[Ask, PlanNode | Refused] = {}
    for bundle in bundles:
        answers |= board.plan(bundle)
        tick("statements planned", len(answers))
    return answers
