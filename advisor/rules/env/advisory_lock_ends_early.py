"""ENV006: finds a deploy lock that ends with the first concurrent build."""

from __future__ import annotations

from advisor.rules.env.environment_rule import EnvironmentRule


class AdvisoryLockEndsEarly(EnvironmentRule):
    """Finds a deploy lock that ends with the first concurrent build.

    ## What it does
    Reports `pg_advisory_xact_lock` in an `env.py`.

    ## Why is this bad?
    The lock lives as long as the transaction, and the first `autocommit_block()` ends that: a second deploy runs
    beside the first. A *waiting* lock is no cure, for it holds a snapshot, which the build waits for in turn.

    ## Known problems
    None.

    ## Example
    ```python
    connection.execute(text("SELECT pg_advisory_xact_lock(4711)"))
    ```

    ## Use instead
    ```python
    while not connection.scalar(text("SELECT pg_try_advisory_lock(4711)")):
        connection.commit()
        time.sleep(1)
    connection.commit()
    ```

    ## Options
    None.

    ## References
    Alembic documentation, `MigrationContext.autocommit_block()` and `EnvironmentContext.configure()`.
    """

    code = "ENV006"
    name = "advisory-lock-ends-early"
    level = "warning"
    consequence = "two deploys can run the migrations at the same time"
