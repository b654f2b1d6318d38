"""Migrations: what lies ahead of production, statement by statement.

In: what pending migrations did to the twin's tables, the sizes and traffic of production's. Out: `Ahead`, and the
base of the rules in `advisor/gate/mig/` that judge it. Invariant: every statement judged was run; none is judged by
its text alone.
"""
