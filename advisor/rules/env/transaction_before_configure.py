"""ENV001: finds a transaction that is opened around `context.configure()`."""

from __future__ import annotations

from advisor.rules.env.environment_rule import EnvironmentRule


class TransactionBeforeConfigure(EnvironmentRule):
    """Finds a transaction that is opened around `context.configure()`.

    ## What it does
    Reports `with engine.begin()` and `with connection.begin()` whose block configures the migration context, in
    synchronous and asynchronous environments.

    ## Why is this bad?
    `autocommit_block()`, which every concurrent index build needs, ends the transaction that Alembic opened. It cannot
    end yours: the revision dies with an AssertionError that says nothing, and nothing is applied.

    ## Known problems
    The file is read, not run: a transaction opened in another module is not seen.

    ## Example
    ```python
    with engine.begin() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
    ```

    ## Use instead
    ```python
    with engine.connect() as connection:
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
    ```

    ## Options
    None.

    ## References
    Alembic documentation, `MigrationContext.autocommit_block()` and `EnvironmentContext.configure()`.
    """

    code = "ENV001"
    name = "transaction-before-configure"
    level = "error"
    consequence = "a revision with a concurrent build dies with an AssertionError"
