"""What is offered to a library names the models that the statements show, and runs: every Python snippet is executed."""

from __future__ import annotations

import copy
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django
import peewee
import psycopg
import pytest
import sqlalchemy as sa
from django.apps import AppConfig, apps
from django.conf import settings
from django.db import connections, models
from sqlalchemy import orm

from advisor.analysis.analyse import analyse
from advisor.analysis.shape import QueryShape
from advisor.catalog.live.introspect import read_schema, read_statistics
from advisor.rules.loops.library_names import names
from advisor.rules.loops.problems import Problem, problems
from advisor.rules.loops.remedies import remedies, remedy, situation
from advisor.rules.loops.stack import Stack, guess_stack
from advisor.rules.run import RuleContext
from advisor.twin.servers.server import Server
from advisor.workload.collect import collect

FOLDER = Path(__file__).parent / "remedies"
LINE = "2026-03-02 09:00:{second:02}.{ms:03} UTC [4100] web@vet/shop LOG:  duration: 0.120 ms  statement: {text}\n"
PARENTS = 'SELECT "billing_invoice"."id", "billing_invoice"."total" FROM "billing_invoice" ORDER BY "billing_invoice"."id" LIMIT 8'
LINES = 'SELECT "billing_invoiceline"."id", "billing_invoiceline"."invoice_id" FROM "billing_invoiceline" ORDER BY 1 LIMIT 8'
LOOPS: dict[str, tuple[str, str]] = {
    "many": (PARENTS, 'SELECT "id", "label" FROM "billing_invoiceline" WHERE "invoice_id" = {n}'),
    "one": (LINES, 'SELECT "id", "total" FROM "billing_invoice" WHERE "billing_invoice"."id" = {n}'),
    "count": (PARENTS, 'SELECT COUNT(*) AS "__count" FROM "billing_invoiceline" WHERE "invoice_id" = {n}'),
    "insert": (PARENTS, 'INSERT INTO "billing_invoiceline" ("id", "invoice_id", "label") VALUES ({n}, 1, \'x{n}\')'),
    "update": (LINES, 'UPDATE "billing_invoiceline" SET "label" = \'x{n}\' WHERE "billing_invoiceline"."id" = {n}'),
    "delete": (PARENTS, 'DELETE FROM "billing_invoiceline" WHERE "invoice_id" = {n}'),
    "deferred": (PARENTS, 'SELECT "billing_invoice"."customer_id" FROM "billing_invoice" WHERE "billing_invoice"."id" = {n}'),
    "top": (PARENTS, 'SELECT "id" FROM "billing_invoiceline" WHERE "invoice_id" = {n} ORDER BY "id" DESC LIMIT 1'),
}  # fmt: skip


@pytest.fixture(scope="session")
def shop(server: Server) -> Iterator[str]:
    """A database with the tables and some rows."""
    with server.connect() as admin:
        admin.execute("CREATE DATABASE remedies")
    with server.connect("remedies") as connection:
        connection.execute((FOLDER / "schema.sql").read_bytes())
        connection.execute("INSERT INTO billing_invoice SELECT i, i, i * 2 FROM generate_series(1, 9) i")
        connection.execute(
            "INSERT INTO billing_invoiceline SELECT i, 1 + i % 8, 'l' || i FROM generate_series(1, 30) i"
        )
        connection.execute("INSERT INTO courses SELECT i, 'c' || i FROM generate_series(1, 5) i")
        connection.execute("INSERT INTO labels SELECT i, 'w' || i FROM generate_series(1, 4) i")
        connection.execute(
            "INSERT INTO course_labels SELECT c, l FROM generate_series(1, 5) c, generate_series(1, 3) l"
        )
    yield "remedies"
    connections.close_all()
    with server.connect() as admin:
        admin.execute("DROP DATABASE remedies WITH (FORCE)")


def understood(log: Path, connection: psycopg.Connection[Any]) -> tuple[RuleContext, tuple[Problem, ...]]:
    workload, schema = collect([str(log)]), read_schema(connection)
    shapes = {query.id: analyse(query.text, schema) for query in workload.queries}
    known = {name: shape for name, shape in shapes.items() if isinstance(shape, QueryShape)}
    context = RuleContext(workload, known, schema, read_statistics(connection))
    return context, problems(context)


@pytest.fixture
def loop(server: Server, shop: str, tmp_path: Path) -> Callable[[str], tuple[RuleContext, Problem]]:
    """The problem that one of `LOOPS` is, read from a log."""

    def read(name: str) -> tuple[RuleContext, Problem]:
        parent, child = LOOPS[name]
        texts = ["BEGIN", parent, *(child.replace("{n}", str(number)) for number in (3, 7, 1, 8, 5, 2, 6, 4)), "COMMIT"]
        log = tmp_path / "shop.log"
        log.write_text("".join(LINE.format(second=0, ms=number, text=text) for number, text in enumerate(texts)))
        with server.connect(shop) as connection:
            context, found = understood(log, connection)
        assert len(found) == 1, found
        return context, found[0]

    return read


class Base(orm.DeclarativeBase):
    pass


class BillingInvoice(Base):
    __tablename__ = "billing_invoice"
    id = orm.mapped_column(sa.BigInteger, primary_key=True)
    customer_id = orm.mapped_column(sa.BigInteger)
    total = orm.mapped_column(sa.Numeric)
    billing_invoiceline = orm.relationship("BillingInvoiceline", back_populates="invoice")


class BillingInvoiceline(Base):
    __tablename__ = "billing_invoiceline"
    id = orm.mapped_column(sa.BigInteger, primary_key=True)
    invoice_id = orm.mapped_column(sa.BigInteger, sa.ForeignKey("billing_invoice.id"))
    label = orm.mapped_column(sa.Text)
    invoice = orm.relationship("BillingInvoice", back_populates="billing_invoiceline")


class Label(Base):
    __tablename__ = "labels"
    id = orm.mapped_column(sa.BigInteger, primary_key=True)
    word = orm.mapped_column(sa.Text)


class Course(Base):
    __tablename__ = "courses"
    id = orm.mapped_column(sa.BigInteger, primary_key=True)
    title = orm.mapped_column(sa.Text)
    labels = orm.relationship(
        Label, secondary=sa.Table("course_labels", Base.metadata, sa.Column("course_id", sa.ForeignKey("courses.id")),
                                  sa.Column("label_id", sa.ForeignKey("labels.id"))),
    )  # fmt: skip


ROWS: dict[str, list[dict[str, Any]]] = {
    "insert": [{"id": 100, "invoice_id": 1, "label": "a"}, {"id": 101, "invoice_id": 2, "label": "b"}],
    "update": [{"id": 1, "label": "a"}, {"id": 2, "label": "b"}],
}


def run_sqlalchemy(code: str, server: Server, shop: str, kind: str) -> int:
    engine = sa.create_engine(server.url(shop, "postgresql+psycopg"))
    names = {"joinedload": orm.joinedload, "selectinload": orm.selectinload, "undefer": orm.undefer, "ids": [1, 2],
             "rows": ROWS.get(kind, []), "func": sa.func, "select": sa.select, "insert": sa.insert, "update": sa.update,
             "delete": sa.delete, "BillingInvoice": BillingInvoice, "BillingInvoiceline": BillingInvoiceline,
             "Course": Course, "Label": Label}  # fmt: skip
    try:
        with orm.Session(engine) as session:
            found = eval(code, {**names, "session": session})
            return len(session.execute(found).unique().all()) if isinstance(found, sa.Select) else 1
    finally:
        engine.dispose()


def django_models() -> dict[str, Any]:
    if not settings.configured:
        settings.configure(
            DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "x"}}, INSTALLED_APPS=[],
            USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        )  # fmt: skip
        django.setup()

    def model(name: str, app: str, table: str | None = None, **fields: Any) -> Any:
        options = {"managed": False, "app_label": app, **({"db_table": table} if table else {})}
        return type(name, (models.Model,), {"__module__": __name__, "Meta": type("Meta", (), options), **fields})

    invoice = model("Invoice", "billing", customer_id=models.BigIntegerField(), total=models.DecimalField())
    line = model("Invoiceline", "billing", invoice=models.ForeignKey(invoice, models.CASCADE), label=models.TextField())
    label = model("Label", "school", "labels", word=models.TextField())
    course = model("Course", "school", "courses", title=models.TextField(),
                   labels=models.ManyToManyField(label, db_table="course_labels"))  # fmt: skip
    for app in ("billing", "school"):
        install(app)
    return {"Invoice": invoice, "Invoiceline": line, "Label": label, "Course": course}


def install(label: str) -> None:
    """Make an app of these models known, without which Django does not see a relation from behind."""
    module = types.ModuleType(label)
    module.__path__ = [str(FOLDER)]
    config = AppConfig(label, module)
    config.apps, config.models = apps, apps.all_models[label]
    apps.app_configs[label] = config
    apps.clear_cache()


DJANGO: dict[str, Any] = {}


def run_django(code: str, server: Server, shop: str, kind: str) -> int:
    DJANGO.update(DJANGO or django_models())
    entry = copy.deepcopy(connections.databases["default"])
    entry.update(HOST=str(server.folder), PORT="5432", NAME=shop, USER="postgres")
    connections.databases["remedies"] = entry
    rows = [DJANGO["Invoiceline"](**row) for row in ROWS.get(kind, [])]
    made = {
        name: type("Model", (), {"objects": one.objects.using("remedies"), "__call__": one})
        for name, one in DJANGO.items()
    }
    from django.db import transaction

    with transaction.atomic(using="remedies"):
        found = eval(code, {**made, "Count": models.Count, "ids": [1, 2], "rows": rows})
        count = len(list(found)) if isinstance(found, models.QuerySet) else 1
        transaction.set_rollback(True, using="remedies")
        return count


def run_peewee(code: str, server: Server, shop: str, kind: str) -> int:
    database = peewee.PostgresqlDatabase(shop, host=str(server.folder), port=5432, user="postgres")

    class BillingInvoice(peewee.Model):
        total = peewee.DecimalField()

        class Meta:
            table_name = "billing_invoice"

    class BillingInvoiceline(peewee.Model):
        id = peewee.BigIntegerField(primary_key=True)
        invoice = peewee.ForeignKeyField(BillingInvoice, column_name="invoice_id")
        label = peewee.TextField(null=True)

        class Meta:
            table_name = "billing_invoiceline"

    database.bind([BillingInvoice, BillingInvoiceline])
    rows = ROWS.get(kind, [])
    given = [BillingInvoiceline(**row) for row in rows] if kind == "update" else rows
    with database, database.atomic() as transaction:
        found = eval(code, {"BillingInvoice": BillingInvoice, "BillingInvoiceline": BillingInvoiceline, "ids": [1, 2],
                            "rows": given, "prefetch": peewee.prefetch, "fn": peewee.fn, "SQL": peewee.SQL})  # fmt: skip
        count = len(list(found)) if isinstance(found, peewee.BaseQuery | list) else 1
        transaction.rollback()
    return count


RUN: dict[Stack, Callable[[str, Server, str, str], int]] = {
    "SQLAlchemy": run_sqlalchemy, "Django": run_django, "Peewee": run_peewee,
}  # fmt: skip


@pytest.mark.parametrize("stack", RUN)
@pytest.mark.parametrize("kind", ["one", "many", "count", "insert", "update", "delete", "deferred"])
def test_every_snippet_of_a_python_library_runs(
    server: Server, shop: str, loop: Callable[[str], tuple[RuleContext, Problem]], stack: Stack, kind: str
) -> None:
    context, problem = loop(kind)
    assert situation(problem, context) == kind
    if kind not in remedies()[stack]:
        assert "(" not in remedy(problem, stack, context)
        return
    code = remedy(problem, stack, context).partition("\n")[0]
    assert RUN[stack](code, server, shop, kind) >= 1, code


@pytest.mark.parametrize("stack", ["SQLAlchemy", "Django"])
def test_a_many_to_many_relation_is_named_after_the_far_side_and_its_snippet_runs(
    server: Server, shop: str, stack: Stack
) -> None:
    with server.connect(shop) as connection:
        context, found = understood(FOLDER / "names_django.log", connection)
    problem = next(one for one in found if one.child.table.name == "course_labels")
    code = remedy(problem, stack, context).partition("\n")[0]
    assert names(problem, context, stack).relation == "labels"
    assert RUN[stack](code, server, shop, "many") == 5


def test_djangos_default_table_names_give_app_and_model(server: Server, shop: str) -> None:
    with server.connect(shop) as connection:
        context, found = understood(FOLDER / "names_django.log", connection)
    said = {remedy(problem, "Django", context).partition("\n")[0] for problem in found}
    assert said == {
        'Invoice.objects.prefetch_related("invoiceline_set")', 'Course.objects.prefetch_related("labels")'
    }  # fmt: skip


def test_the_first_row_of_each_parent_is_no_eager_loading(loop: Callable[[str], tuple[RuleContext, Problem]]) -> None:
    context, problem = loop("top")
    assert situation(problem, context) == "sql"
    for stack in remedies():
        assert "load" not in remedy(problem, stack, context)  # type: ignore[arg-type]


def test_deferred_columns_are_no_join(loop: Callable[[str], tuple[RuleContext, Problem]]) -> None:
    context, problem = loop("deferred")
    assert "select_related" not in remedy(problem, "Django", context)
    assert remedy(problem, "SQLAlchemy", context).startswith('select(BillingInvoice).options(undefer("*"))')


def test_a_type_and_an_id_get_the_statement_only(server: Server, shop: str) -> None:
    with server.connect(shop) as connection:
        context, found = understood(FOLDER / "fix_text.log", connection)
    problem = next(one for one in found if one.child.table.name == "remarks" and one.child.kind == "polymorphic")
    assert remedy(problem, "Django", context) == remedy(problem, "raw SQL", context)


@pytest.mark.parametrize(
    ("text", "stack"),
    [
        ('select "id", "name" from "users" where "users"."id" = $1', "Drizzle"),
        ('select "users".* from "users" where "users"."id" = $1', "Objection"),
        ('select * from "users" where "users"."id" = $1 limit 1', "Eloquent"),
        ('update "users" set "name" = $1 where "id" = $2', "raw SQL"),
        ('SELECT "t1"."id", "t1"."name" FROM "users" AS "t1" WHERE ("t1"."id" = $1) LIMIT $2 OFFSET $3', "Peewee"),
    ],
)
def test_libraries_of_other_languages_are_not_taken_for_php(text: str, stack: str) -> None:
    assert guess_stack([text], {}, None)[0] == stack
