"""ENV002: finds a statement that begins a transaction before `context.configure()`."""

from __future__ import annotations

from advisor.rules.env.environment_rule import EnvironmentRule


class StatementBeforeConfigure(EnvironmentRule):
    """Finds a statement that begins a transaction before `context.configure()`.

    ## What it does
    Reports statements on the migrations' connection that stand before `context.configure()`, also in functions it is
    handed to, unless a commit follows.

    ## Why is this bad?
    SQLAlchemy begins a transaction with the first statement: a SET, an advisory lock, a bootstrap of the version table.
    `autocommit_block()` cannot end a transaction that Alembic did not begin, so the revision dies.

    ## Known problems
    The file is read, not run: a statement executed in another module is not seen.

    ## Example
    ```python
    with engine.connect() as connection:
        connection.execute(text("SET search_path TO app"))
        context.configure(connection=connection)
    ```

    ## Use instead
    ```python
    with engine.connect() as connection:
        connection.execute(text("SET search_path TO app"))
        connection.commit()
        context.configure(connection=connection)
    ```

    ## Options
    None.

    ## References
    Alembic documentation, `MigrationContext.autocommit_block()` and `EnvironmentContext.configure()`.
    """

    code = "ENV002"
    name = "statement-before-configure"
    level = "error"
    consequence = "a revision with a concurrent build dies with an AssertionError"
