"""BAT001: rows inserted one by one."""

from __future__ import annotations

from advisor.rules.bat.row_by_row import RowByRow


class RowByRowInsert(RowByRow):
    """Finds rows that are inserted one statement at a time.

    {common}

    ## Example
    ```sql
    INSERT INTO tool_runs (message_id, tool_name) VALUES (1, 'search');
    INSERT INTO tool_runs (message_id, tool_name) VALUES (2, 'fetch');
    -- … one per row
    ```

    ## Use instead
    ```sql
    INSERT INTO tool_runs (message_id, tool_name)
    SELECT * FROM unnest('{1,2,…}'::bigint[], '{search,fetch,…}'::text[]);
    ```
    In the application: SQLAlchemy `insert().values([...])`, Django `bulk_create`, ActiveRecord `insert_all`; COPY
    for thousands of rows.

    ## Options
    `loop_minimum` (5) executions make a loop; `budgets` gives an application the length it may have.

    ## References
    PostgreSQL manual, chapter 14.4, Populating a Database.
    """

    code = "BAT001"
    name = "row-by-row-insert"
    kind = "insert"
    doing = "inserted one by one"
