"""Binding: parse nodes to expressions whose columns are bound to tables, as PostgreSQL's analyzer does it.

In: pglast's parse tree and the schema. Out: a `State` with relations, conditions and query levels. Invariant: names
mean what they mean to the server; what cannot be bound raises, it is never guessed.
"""
