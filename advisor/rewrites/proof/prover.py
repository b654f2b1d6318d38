"""The prover: runs a rewrite beside its original over several sets of rows, and says why it may not be printed."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

import psycopg

from advisor.catalog.schema import Table
from advisor.rewrites.proof.bindings import Binder
from advisor.rewrites.proof.claims import Trial
from advisor.rewrites.proof.hostile_values import Values
from advisor.rewrites.proof.made_rows import MIXTURES, MORE, make, with_parents
from advisor.rewrites.proof.outcome import Undecided
from advisor.rewrites.proof.proving_database import ProofDatabase
from advisor.rewrites.proof.subject import Subject, subject
from advisor.rewrites.rewrite import Refusal, Rewrite
from advisor.rewrites.tree import parse
from advisor.rewrites.volatile import functions

_MADE_UP = re.compile(r"nextval|random|uuid|clock_timestamp|gen_", re.IGNORECASE)
_PLANS: tuple[tuple[str, ...], ...] = (
    ("enable_hashjoin", "enable_mergejoin"), (), ("enable_nestloop",), ("enable_seqscan",), (), ("enable_hashagg",),
)  # fmt: skip
"""What is switched off for each set of rows."""


class Prover:
    """Proves rewrites on one throw-away database."""

    def __init__(self, database: ProofDatabase) -> None:
        self.database = database

    def prove(self, rewrite: Rewrite) -> Refusal | None:
        """Return `None` when the rewrite did what it claims on every set of rows, else why it is not proven."""
        schema = self.database.schema
        subjects = [found for text in (rewrite.original, rewrite.text, rewrite.parent) if text
                    if (found := subject(text, schema))]  # fmt: skip
        if len(subjects) < (3 if rewrite.parent else 2):
            return Refusal("it cannot be parsed by itself")
        unknown = [name for found in subjects for name in found.unknown]
        if unknown:
            return Refusal(f"{unknown[0]} is not in the schema")
        if called := self._volatile(rewrite.original):
            return Refusal(f"it calls {called}(), which is VOLATILE")
        return self._tried(rewrite, subjects)

    def _volatile(self, text: str) -> str | None:
        return min(functions(parse(text)) & self.database.volatile, default=None)

    def _tried(self, rewrite: Rewrite, subjects: Sequence[Subject]) -> Refusal | None:
        tables = self._tables(subjects)
        foreign = [table.name for table in tables if table.kind in ("foreign", "matview")]
        if foreign:
            return Refusal(f"{foreign[0]} cannot be given rows")
        values = Values(self.database.enums, subjects[0].literals)
        seen = False
        try:
            types = self.parameter_types(rewrite.original)
            above = self.parameter_types(rewrite.parent) if rewrite.parent else None
            for number, mixture in enumerate((*MIXTURES, *MORE)):
                if seen and number >= len(MIXTURES):
                    break
                generator = random.Random(f"{rewrite.text} {number}")
                rows = make(tables, mixture, values, generator)
                self.database.fill(tables, rows)
                binder = Binder(subjects[0], types, rows, values, generator)
                parent = Binder(subjects[2], above, rows, values, generator) if above is not None else None
                verdict = self._trial(rewrite, subjects[0], binder, parent, _PLANS[number % len(_PLANS)]).judge()
                if verdict.difference:
                    return Refusal(f"run beside the original on rows, it did something else: {verdict.difference}")
                seen = seen or verdict.seen
        except Undecided as error:
            return Refusal(str(error))
        except psycopg.Error as error:
            return Refusal(f"the server refuses it: {error.diag.message_primary or error}")
        finally:
            self.database.empty()
        return None if seen else Refusal("no rows could be made that it finds")

    def _trial(
        self, rewrite: Rewrite, original: Subject, binder: Binder, parent: Binder | None, off: tuple[str, ...]
    ) -> Trial:
        written = original.tables if original.writes else ()
        return Trial(rewrite, original, self.database, binder, written, self._left_out(rewrite, original), parent, off)

    def _tables(self, subjects: Sequence[Subject]) -> list[Table]:
        found: dict[tuple[str, str], Table] = {}
        for one in subjects:
            for table in one.tables:
                for base in self.database.base_tables(table):
                    found[base.schema, base.name] = base
        return with_parents(self.database.schema, found.values())

    def parameter_types(self, text: str) -> tuple[str, ...]:
        """Return the types that the server gives a statement's parameters, each as `regtype`."""
        user = self.database.user
        user.rollback()
        try:
            with user.pipeline():
                user.execute(f"PREPARE asked AS {text}".encode())
            row = user.execute(
                "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = 'asked'"
            ).fetchone()
            return tuple(row[0]) if row else ()
        finally:
            user.rollback()
            user.execute("DEALLOCATE ALL")
            user.rollback()

    def _left_out(self, rewrite: Rewrite, original: Subject) -> frozenset[str]:
        """Return the columns whose values the server makes up in an INSERT: they differ from run to run."""
        if rewrite.form != "insert":
            return frozenset()
        given = {target.column.name for target in original.targets.values() if target.stored}
        own = {(table.schema, table.name) for table in original.tables}
        return frozenset(
            f"{table.schema}.{table.name}.{column.name}"
            for key, table in self.database.schema.tables.items() for column in table.columns
            if (column.identity or (column.default and _MADE_UP.search(column.default)))
            and not (key in own and column.name in given)
        )  # fmt: skip
