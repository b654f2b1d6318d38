"""BAT002: rows updated one by one."""

from __future__ import annotations

from advisor.rules.bat.row_by_row import RowByRow


class RowByRowUpdate(RowByRow):
    """Finds rows that are updated one statement at a time.

    {common}

    ## Example
    ```sql
    UPDATE tool_runs SET status = 'done' WHERE id = 1;
    UPDATE tool_runs SET status = 'failed' WHERE id = 2;
    -- … one per row
    ```

    ## Use instead
    ```sql
    UPDATE tool_runs SET status = rows.status
    FROM unnest('{1,2,…}'::bigint[], '{done,failed,…}'::text[]) AS rows (id, status)
    WHERE tool_runs.id = rows.id;
    ```
    In the application: SQLAlchemy `session.execute(update(Model), [...])`, Django `bulk_update`, ActiveRecord
    `upsert_all`.

    ## Options
    `loop_minimum` (5) executions make a loop; `budgets` gives an application the length it may have.

    ## References
    PostgreSQL manual, chapter 14.4, Populating a Database.
    """

    code = "BAT002"
    name = "row-by-row-update"
    kind = "update"
    doing = "updated one by one"
