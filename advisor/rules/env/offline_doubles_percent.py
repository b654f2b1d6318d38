"""ENV005: finds offline environments whose SQL doubles every percent sign."""

from __future__ import annotations

from advisor.rules.env.environment_rule import EnvironmentRule


class OfflineDoublesPercent(EnvironmentRule):
    """Finds offline environments whose SQL doubles every percent sign.

    ## What it does
    Reports `context.configure(url=…)` without `dialect_opts`.

    ## Why is this bad?
    With the driver's own parameter style, `alembic upgrade --sql` prints `'50%%'` for `'50%'`. Run with psql, an index
    predicate then means something else.

    ## Known problems
    Only the presence of `dialect_opts` is looked at.

    ## Example
    ```python
    context.configure(url=url, literal_binds=True)
    ```

    ## Use instead
    ```python
    context.configure(url=url, literal_binds=True, dialect_opts={"paramstyle": "named"})
    ```

    ## Options
    None.

    ## References
    Alembic documentation, `MigrationContext.autocommit_block()` and `EnvironmentContext.configure()`.
    """

    code = "ENV005"
    name = "offline-doubles-percent"
    level = "warning"
    consequence = "offline SQL holds another predicate than the revision"
