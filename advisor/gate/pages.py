"""The pages of the gate's properties: like those of the rules, a class whose docstring is the page."""

from __future__ import annotations

from typing import ClassVar

from advisor.gate.mig import migration_rules
from advisor.gate.migrations.migration_rule import MigrationRule


class GatePage:
    """The base of all pages; subclasses are found by discovery."""

    code: ClassVar[str]
    """The code of the verdicts it is about."""
    name: ClassVar[str]


class IndexLost(GatePage):
    """Fails when an index that the accepted plan used is gone or defined otherwise, and the query pays for it.

    ## What it does
    Looks up every index of the accepted plan by name and definition in today's schema. The verdict holds the
    definition that was accepted. One of the same name with other columns, order, predicate or method is another index;
    one of the same definition under another name is the same. When the plan of today costs no more, it is for
    information only; where another index took its place, it fails from half as much again.

    ## Why is this bad?
    A migration that drops an index rarely names the queries that live on it. On the empty tables of a test
    database nothing is slower.

    ## Known problems
    None known.

    ## Example
    ```python
    op.drop_index("ix_orders_customer_id_placed_at")   # the list of a customer's orders now reads and sorts them all
    ```

    ## Use instead
    Keep it, or create what replaces it in the same release; `advisor advise` says which other index serves the
    query.

    ## Options
    None.

    ## References
    PostgreSQL manual, chapter 11. `docs/gate.md`.
    """

    code = "PLN001"
    name = "index-lost"


class SequentialScan(GatePage):
    """Fails when a large table that was read through an index is read whole, though the index is there.

    ## What it does
    Compares how each table is read. A table of 10 000 rows and more whose index still exists, and that is now read
    by a sequential scan at a higher cost, fails; at about the same cost it is a warning. A smaller table fails when
    the plan has become half as dear again, by 100 cost units, or by 10 and three times, or, for a query that runs often
    enough, by anything.

    ## Why is this bad?
    The time of a sequential scan grows with the table, that of an index lookup hardly at all: it is fine today and
    an incident in a year.

    ## Known problems
    Where most of the table is wanted, a sequential scan is right: accept it.

    ## Example
    ```sql
    -- the index is on (email); the merge compares lower(email)
    SELECT id FROM users WHERE lower(email) = 'a@example.org';
    ```

    ## Use instead
    Let condition and index say the same: no function, cast or other type around the column, or an index on that
    expression.

    ## Options
    None.

    ## References
    PostgreSQL manual, chapters 11.7 and 14.1.
    """

    code = "PLN002"
    name = "sequential-scan"


class CostRegression(GatePage):
    """Fails when a plan is much dearer and no growth explains it.

    ## What it does
    Compares shape and cost. A changed plan fails when it costs 1.5 times as much and more; the same plan when it costs
    twice as much and no table grew that much. It must have risen by 100 cost units, or by 10 and to three times as
    much, or, where the baseline knows the executions a day, by enough for all of them (20 million units). Where
    planner settings differ from those of the baseline's day, the statement is planned under the old ones as well: those
    that take back the cost are named.

    ## Why is this bad?
    Statistics and settings are those of the accepted plan's day or newer: what changed is the query, the schema,
    or the data.

    ## Known problems
    Cost is the planner's estimate, not time. A cause with a code of its own (PLN001, PLN002, PLN006) stands beside
    it.

    ## Example
    ```sql
    -- with the second condition it expects ten times the rows: a hash join of two whole tables
    SELECT * FROM orders JOIN customers c ON c.id = customer_id WHERE placed_at > $1 OR c.vip;
    ```

    ## Use instead
    Compare both shapes (`advisor twin -c 'EXPLAIN …'`); split an OR, index the new condition, or accept what is
    wanted.

    ## Options
    None.

    ## References
    PostgreSQL manual, chapter 14.1.
    """

    code = "PLN003"
    name = "cost-regression"


class Growth(GatePage):
    """Warns when the same plan has become twice as dear.

    ## What it does
    Compares the cost of plans whose shape did not change, and names the tables that grew by a tenth and more. Where
    none grew about as much as the cost, it is a regression (PLN003) when the plan reads twice as many rows or a pending
    revision changed one of its tables; otherwise order, visibility or pages of a table drifted, which no merge did.

    ## Why is this bad?
    It is no merge's fault, but somebody should know before the users do: the cost of this plan grows with the
    data.

    ## Known problems
    A snapshot of another database (staging after production) looks like growth or shrinkage.

    ## Example
    ```sql
    SELECT count(*) FROM events;   -- twice the rows, twice the cost
    ```

    ## Use instead
    An index that fits, a narrower time range, a summary table, or deleting what nobody reads. Then accept the new
    cost.

    ## Options
    `--fail-level warn` fails on it.

    ## References
    PostgreSQL manual, chapter 14.2.
    """

    code = "PLN004"
    name = "growth"


class SortAdded(GatePage):
    """Warns when rows that came in order from an index are sorted now.

    ## What it does
    Reports a Sort in the plan of today where the accepted one had none, above a scan of 10 000 rows and more.

    ## Why is this bad?
    A sort reads all rows before it gives the first. Under a LIMIT that is the difference between ten rows and all
    of them, and beyond `work_mem` it goes to disk.

    ## Known problems
    A sort of few rows is cheap, however many were read.

    ## Example
    ```sql
    SELECT * FROM events WHERE account_id = $1 ORDER BY at DESC, id LIMIT 20;   -- the index ends in (at DESC)
    ```

    ## Use instead
    Let an index end in the ORDER BY columns, in their directions.

    ## Options
    `--fail-level warn` fails on it.

    ## References
    PostgreSQL manual, chapter 11.4.
    """

    code = "PLN005"
    name = "sort-added"


class InnerScan(GatePage):
    """Fails when a nested loop reads a whole table for every row of its outer side.

    ## What it does
    Reports a table of 1 000 rows and more that is read whole on the inner side of a nested loop, without a
    Materialize or Memoize in between, where the accepted plan did not do so.

    ## Why is this bad?
    The work is the product of two tables. One more row outside than the planner expected costs one more scan of
    the inner table.

    ## Known problems
    Joins on conditions other than equality leave the planner little choice.

    ## Example
    ```sql
    SELECT * FROM orders o JOIN items i ON i.order_id = o.id WHERE o.customer_id = $1;   -- no index on items (order_id)
    ```

    ## Use instead
    An index on the join column of the inner table.

    ## Options
    None.

    ## References
    PostgreSQL manual, chapter 14.1.
    """

    code = "PLN006"
    name = "inner-scan"


class NewQuery(GatePage):
    """Fails when the inputs hold a query without an accepted plan whose plan is bad by itself.

    ## What it does
    Plans each query of the inputs that the baseline does not know, with its values. One that costs 100 units and more
    fails when a table of 10 000 rows and more is read whole for at most a twentieth of them; 10 000 rows and more are
    sorted, or returned without a LIMIT, or skipped by an OFFSET; a table of 1 000 rows and more is read whole for every
    row of a loop; or a LIMIT over filtered rows makes it cheap that is dear at worst. Where an index would take half of
    its cost and more, its definition is the fix. On values that were not logged it is a warning.

    ## Why is this bad?
    A changed statement is a new one: `placed_at::date = $1` in place of a range has no accepted plan to be compared
    with, and reads the whole table.

    ## Known problems
    A report that is to read a whole table does so: accept it.

    ## Example
    ```sql
    SELECT sum(total) FROM orders WHERE placed_at::date = '2025-03-01';   -- the index is on (placed_at)
    ```

    ## Use instead
    `placed_at >= '2025-03-01' AND placed_at < '2025-03-02'`; or the index that is printed.

    ## Options
    `--update-baseline` with the same inputs accepts it.

    ## References
    `docs/gate.md`.
    """

    code = "PLN007"
    name = "new-query"


class NotPlannable(GatePage):
    """Fails when the server no longer plans an accepted query, and says so in the server's words.

    ## What it does
    Plans every statement of the baseline on today's schema; a refusal is the verdict.

    ## Why is this bad?
    The query fails in production as it fails here: a column, table, function or type that it needs is gone or has
    changed.

    ## Known problems
    A query that the same merge removes from the code stays in the baseline until it is accepted anew.

    ## Example
    ```python
    op.drop_column("orders", "note")   # SELECT id, note FROM orders …: column "note" does not exist
    ```

    ## Use instead
    Remove what is read one release after the code that read it; then `--update-baseline`.

    ## Options
    None.

    ## References
    `docs/gate.md`.
    """

    code = "PLN008"
    name = "not-plannable"


class ShapeChanged(GatePage):
    """Tells that a query has another plan at about the same price, or a better one.

    ## What it does
    Reports plans of another shape that none of the graver properties is about.

    ## Why is this bad?
    It is not: reviewers see which plans a merge touches, and a better plan is worth keeping in the baseline.

    ## Known problems
    Where two plans cost nearly the same, small changes of statistics let the planner choose the other one.

    ## Example
    ```
    INFO PLN009 shape-changed query 3fa9: a better plan, 40% cheaper
    ```

    ## Use instead
    Accept it with `--update-baseline`.

    ## Options
    None.

    ## References
    `docs/gate.md`.
    """

    code = "PLN009"
    name = "shape-changed"


class LimitBound(GatePage):
    """Fails when a plan is cheap only if a LIMIT ends it early, where the accepted one was cheap anyhow.

    ## What it does
    Computes what a plan costs if no LIMIT is reached. A changed plan that reads rows in order and filters them fails
    when that is ten times the accepted plan's and more.

    ## Why is this bad?
    The planner takes matching rows to be spread evenly. Where they stand together at the other end, or are fewer than
    ten, the whole table is read: seconds instead of a millisecond, and EXPLAIN shows a better plan than before.

    ## Known problems
    Where matching rows really are everywhere, the new plan is the better one: accept it.

    ## Example
    ```sql
    CREATE INDEX ON orders (placed_at);   -- and from now on:
    SELECT * FROM orders WHERE customer_id = $1 ORDER BY placed_at DESC LIMIT 10;   -- reads backwards and filters
    ```

    ## Use instead
    One index on both: `(customer_id, placed_at)`.

    ## Options
    None.

    ## References
    PostgreSQL manual, chapter 11.4. `docs/gate.md`.
    """

    code = "PLN010"
    name = "limit-bound"


class UnindexedReference(GatePage):
    """Fails when deleting a row searches another table for references to it without an index.

    ## What it does
    For each accepted DELETE, and each UPDATE of a referenced column, plans the look-up that every foreign key to the
    table makes for each row, and compares its cost with the accepted one.

    ## Why is this bad?
    The check of a foreign key reads the whole referring table for every row that goes. EXPLAIN does not show it.

    ## Known problems
    Deletes that only a cascade or a trigger runs are not seen.

    ## Example
    ```python
    op.execute("ALTER TABLE orders ADD COLUMN payer_id bigint REFERENCES customers")   # DELETE FROM customers …
    ```

    ## Use instead
    An index on the referring columns, built before the constraint.

    ## Options
    None.

    ## References
    PostgreSQL manual, chapter 5.4.5.
    """

    code = "PLN011"
    name = "unindexed-reference"


class NewValue(GatePage):
    """Fails when the inputs hold a known query in another text or with other values, and its plan is far worse.

    ## What it does
    Plans each text and value of a known query that the baseline does not hold, and compares with the dearest accepted
    plan of the query: half as dear again fails where the plan is bad by the rules of PLN007, ten times as dear at all.

    ## Why is this bad?
    `LIKE '%123'` and `LIKE '123%'` are one query to pg_stat_statements, and two to an index.

    ## Known problems
    A log of production may hold values that are rightly dearer: accept them, they stand beside the others then.

    ## Example
    ```sql
    SELECT id FROM orders WHERE zip LIKE '%123';   -- accepted: LIKE '123%'
    ```

    ## Use instead
    An index for that form (here a trigram index), or another way to ask.

    ## Options
    `--update-baseline` with the same inputs accepts it.

    ## References
    `docs/gate.md`.
    """

    code = "PLN012"
    name = "new-value"


def gate_pages() -> tuple[GatePage | MigrationRule, ...]:
    """Return one instance of every page, by code: those of the migration rules, and of the properties."""
    plans = tuple(page() for page in sorted(GatePage.__subclasses__(), key=lambda page: page.code))
    return (*migration_rules(), *plans)
