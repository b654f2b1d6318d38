"""ENV003: finds migrations that run outside `context.begin_transaction()`."""

from __future__ import annotations

from advisor.rules.env.environment_rule import EnvironmentRule


class MissingBeginTransaction(EnvironmentRule):
    """Finds migrations that run outside `context.begin_transaction()`.

    ## What it does
    Reports `context.run_migrations()` that is not inside `with context.begin_transaction()`, unless
    `transaction_per_migration` is set, which begins one for each revision.

    ## Why is this bad?
    Nobody but SQLAlchemy begins the transaction then, and `autocommit_block()` cannot end it: the revision dies.

    ## Known problems
    None.

    ## Example
    ```python
    context.configure(connection=connection)
    context.run_migrations()
    ```

    ## Use instead
    ```python
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
    ```

    ## Options
    None.

    ## References
    Alembic documentation, `MigrationContext.autocommit_block()` and `EnvironmentContext.configure()`.
    """

    code = "ENV003"
    name = "missing-begin-transaction"
    level = "error"
    consequence = "a revision with a concurrent build dies with an AssertionError"
