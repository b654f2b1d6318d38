"""ENV004: finds environments that run all pending revisions in one transaction."""

from __future__ import annotations

from advisor.rules.env.environment_rule import EnvironmentRule


class OneTransactionForAll(EnvironmentRule):
    """Finds environments that run all pending revisions in one transaction.

    ## What it does
    Reports `context.configure(connection=…)` without `transaction_per_migration=True`.

    ## Why is this bad?
    The first concurrent build has to commit, and commits every revision before it along with it. When a later one
    fails, the database stands half-way, although it looks as if all or nothing were applied.

    ## Known problems
    A value that is computed is taken for not set.

    ## Example
    ```python
    context.configure(connection=connection, target_metadata=metadata)
    ```

    ## Use instead
    ```python
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
    ```

    ## Options
    None.

    ## References
    Alembic documentation, `MigrationContext.autocommit_block()` and `EnvironmentContext.configure()`.
    """

    code = "ENV004"
    name = "one-transaction-for-all"
    level = "info"
    consequence = "a failure leaves the database between two revisions"
