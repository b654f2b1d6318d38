"""BAT003: rows deleted one by one."""

from __future__ import annotations

from advisor.rules.bat.row_by_row import RowByRow


class RowByRowDelete(RowByRow):
    """Finds rows that are deleted one statement at a time.

    {common}

    ## Example
    ```sql
    DELETE FROM tool_runs WHERE id = 1;
    DELETE FROM tool_runs WHERE id = 2;
    -- … one per row
    ```

    ## Use instead
    ```sql
    DELETE FROM tool_runs WHERE id = ANY ('{1,2,…}');
    ```
    In the application: Every library deletes by a list of keys; `ON DELETE CASCADE` deletes the children of a
    deleted parent.

    ## Options
    `loop_minimum` (5) executions make a loop; `budgets` gives an application the length it may have.

    ## References
    PostgreSQL manual, chapter 14.4, Populating a Database.
    """

    code = "BAT003"
    name = "row-by-row-delete"
    kind = "delete"
    doing = "deleted one by one"
