"""SQL006: NOT IN with a subquery that may return NULL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from advisor.rules.context import RuleContext
from advisor.rules.finding import Finding
from advisor.rules.rule import Rule
from advisor.rules.statement import parse, render
from advisor.workload.model import Query


class NotInNullable(Rule):
    """Finds NOT IN over a subquery whose column may be NULL.

    ## What it does
    Reports `x NOT IN (SELECT y …)` where `y` is not declared NOT NULL, and offers the same as NOT EXISTS.

    ## Why is this bad?
    One NULL among the subquery's rows makes the condition never true: the query returns nothing, silently. And because
    of that the server cannot plan an anti-join: it keeps the subquery's rows in memory, and beyond `work_mem` it reads
    them again for every row.

    ## Known problems
    NOT EXISTS keeps rows whose own `x` is NULL; NOT IN drops them. Add `AND x IS NOT NULL` where that matters.

    ## Example
    ```sql
    SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM messages);
    ```

    ## Use instead
    ```sql
    SELECT id FROM users WHERE NOT EXISTS (SELECT 1 FROM messages WHERE messages.user_id = users.id);
    ```

    ## Options
    None.

    ## References
    PostgreSQL wiki, Don't Do This, "Don't use NOT IN".
    """

    code = "SQL006"
    name = "not-in-nullable"

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each query."""
        for query, shape in context.analysed():
            if "not-in-nullable" in shape.features and shape.tables:
                table = context.table(shape.tables[0])
                yield self._finding(query, table.qualified if table else None)

    def _finding(self, query: Query, table: str | None) -> Finding:
        found = as_not_exists(query.text)
        return self.finding(
            (query.id,),
            "NOT IN over a subquery that may return NULL: one NULL and nothing is found",
            confidence="high",
            evidence={"calls": query.calls, "total_ms": query.total_ms, "rewritten": found},
            fix="use NOT EXISTS" + (f":\n{found}" if found else ""),
            table=table,
            query=query.id,
            cost="none; rows whose own value is NULL are kept, unless you exclude them",
        )


def as_not_exists(text: str) -> str | None:
    """Return the statement with NOT EXISTS for each NOT IN over a plain subquery, `None` when there is none."""
    tree = parse(text)
    if tree is None:
        return None
    changed = False
    for negation in list(tree.find_all(exp.Not)):
        inside = negation.this
        query = inside.args.get("query") if isinstance(inside, exp.In) else None
        select = query.this if isinstance(query, exp.Subquery) else query
        if isinstance(select, exp.Select) and len(select.expressions) == 1 and not _blocked(select):
            negation.replace(_anti(inside.this, select, tree))
            changed = True
    return render(tree) if changed else None


def _blocked(select: exp.Select) -> bool:
    return any(select.args.get(clause) for clause in ("group", "limit", "offset", "distinct", "having"))


def _anti(value: exp.Expression, select: exp.Select, tree: exp.Expression) -> exp.Not:
    inner = select.expressions[0].unalias().copy()
    outer = value.copy()
    for column, source in ((inner, _only_table(select)), (outer, _only_table(tree))):
        if isinstance(column, exp.Column) and not column.table and source:
            column.set("table", exp.to_identifier(source))
    rewritten = select.copy()
    rewritten.set("expressions", [exp.Literal.number(1)])
    rewritten.where(exp.EQ(this=inner, expression=outer), copy=False)
    return exp.Not(this=exp.Exists(this=rewritten))


def _only_table(tree: exp.Expression) -> str | None:
    source = tree.args.get("from_") or tree.args.get("from")
    return source.this.alias_or_name if source is not None and not tree.args.get("joins") else None
