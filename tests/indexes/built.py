"""What-if costing on a loaded database: every candidate is really built there, and switched on and off in the catalog.

The twin's answers are estimates of these; here they are facts, which is what the conformance cases are judged by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import psycopg

from advisor.catalog.index import IndexDefinition, IndexSize
from advisor.twin.plan import PlanNode, plan_node
from advisor.twin.whatif import Ask, Refused


class BuiltWhatIf:
    """`WhatIf` over real indexes on real rows."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self.server_version = connection.info.server_version
        self.built: dict[IndexDefinition, str | Refused] = {}

    def build(self, candidates: Mapping[IndexDefinition, IndexSize]) -> Mapping[IndexDefinition, str | Refused]:
        for definition in candidates:
            if definition not in self.built:
                self.built[definition] = self._create(definition)
        return {definition: self.built[definition] for definition in candidates}

    def drop(self) -> None:
        """Drop every candidate again."""
        for definition, name in self.built.items():
            if isinstance(name, str):
                index = psycopg.sql.Identifier(definition.schema, name)
                self.connection.execute(psycopg.sql.SQL("DROP INDEX IF EXISTS {}").format(index))
        self.built.clear()

    def _create(self, definition: IndexDefinition) -> str | Refused:
        name = definition.name
        if name in self.built.values():  # the same text, only that a default is spelled out
            return name
        try:
            if any("trgm" in (key.opclass or "") for key in definition.keys):
                self.connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            self.connection.execute(definition.ddl(name))
            if any(key.column is None for key in definition.keys):  # as the next autovacuum does
                self.connection.execute(f"ANALYZE {definition.qualified_table}")
        except psycopg.Error as error:
            return Refused(str(error).splitlines()[0], error.sqlstate)
        self._switch([name], False)
        return name

    def _switch(self, names: Sequence[str], on: bool) -> None:
        """Switch indexes on or off, candidates by name, existing ones by schema and name."""
        self.connection.execute(
            "UPDATE pg_index SET indisvalid = %s FROM pg_class c, pg_namespace n"
            " WHERE c.oid = indexrelid AND n.oid = c.relnamespace"
            " AND (c.relname = ANY(%s) OR n.nspname || '.' || c.relname = ANY(%s))",
            (on, list(names), list(names)),
        )

    def plan(self, asks: Sequence[Ask]) -> list[PlanNode | Refused]:
        return [self._plan(ask) for ask in asks]

    def _plan(self, ask: Ask) -> PlanNode | Refused:
        statement = ask.statement
        with self.connection.transaction(force_rollback=True):
            self._switch(sorted(ask.candidates), True)
            self._switch(sorted(ask.hidden), False)
            try:
                for name, value in statement.settings:
                    self.connection.execute("SELECT set_config(%s, %s, true)", (name, value))
                if statement.parameters is None:
                    generic = ", GENERIC_PLAN" if statement.basis == "generic" else ""
                    text = f"EXPLAIN (FORMAT JSON{generic}) {statement.text}"
                    row = self.connection.execute(text.encode()).fetchone()
                else:
                    row = self._prepared(statement.text, statement.parameters)
            except psycopg.Error as error:
                return Refused(str(error).splitlines()[0], error.sqlstate)
        assert row
        return plan_node(row[0][0]["Plan"])

    def _prepared(self, text: str, parameters: tuple[str | None, ...]) -> tuple | None:
        self.connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        self.connection.execute(f"PREPARE asked AS {text}".encode())
        try:
            literals = psycopg.sql.SQL(", ").join(map(psycopg.sql.Literal, parameters))
            call = psycopg.sql.SQL("EXPLAIN (FORMAT JSON) EXECUTE asked ({})").format(literals)
            return self.connection.execute(call if parameters else "EXPLAIN (FORMAT JSON) EXECUTE asked").fetchone()
        finally:
            self.connection.execute("DEALLOCATE ALL")
