"""BAT002: rows updated one by one."""

from __future__ import annotations

from advisor.rules.bat.row_by_row import RowByRow


class RowByRowUpdate(RowByRow):
    """Finds rows that are updated one statement at a time.

    ## What it does
    Looks, within each unit of work of a log, for a single-row UPDATE that ran again and again with other values.
    Multi-row VALUES, COPY and batches over arrays are not reported.

    ## Why is this bad?
    Each statement costs a trip over the network, and outside a transaction each waits for the disk to confirm a
    commit of
    its own. One statement for all rows is ten to a hundred times faster.

    ## Known problems
    A driver that pipelines statements (psycopg `executemany`, JDBC batches) saves the trips and still logs one line
    for each
    row: the gain is smaller then.

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
