"""Django over psycopg 3, with values in the text (its default) and bound by the server: loops and look-alikes."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from functools import cache
from typing import Any

import django
from django.conf import settings
from django.core.paginator import Paginator
from django.db import connections, models, transaction

from tests.nplus1_corpus.domain import PARENTS, Family
from tests.nplus1_corpus.registry import REGISTRY, Environment, Label

NOW = datetime(2025, 6, 1, tzinfo=UTC)
positive, lookalike = REGISTRY.positive, REGISTRY.lookalike

if not settings.configured:
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "corpus", "USER": "postgres"}},
        INSTALLED_APPS=[],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()


def database(env: Environment, *, server_side: bool = False) -> str:
    """Return the alias of a database of this case's own."""
    entry = copy.deepcopy(connections.databases["default"])
    entry.update(HOST=env.host, PORT="5432", NAME=env.database)
    entry["OPTIONS"] = {"application_name": env.application, "server_side_binding": server_side}
    connections.databases[env.application] = entry
    return env.application


@cache
def make(family: Family) -> tuple[Any, Any]:
    """Return model classes for parent and child."""
    common = {
        "tenant_id": models.IntegerField(default=1),
        "name": models.TextField(default="new"),
        "status": models.TextField(default="new"),
        "amount": models.IntegerField(default=0),
        "created_at": models.DateTimeField(default=NOW),
        "__module__": __name__,
    }

    def model(table: str, **more: Any) -> Any:
        meta = type("Meta", (), {"db_table": table, "managed": False, "app_label": "corpus", "ordering": ["id"]})
        fields = {name: value.clone() if isinstance(value, models.Field) else value for name, value in common.items()}
        return type(table.title().replace("_", ""), (models.Model,), {**fields, **more, "Meta": meta})

    parent = model(family.parent)
    pointer = models.ForeignKey(parent, models.CASCADE, db_column=family.key, related_name="children")
    return parent, model(family.child, parent=pointer)


def close(alias: str) -> None:
    """Close this thread's connection."""
    connections[alias].close()


@positive(Family("publishers", "magazines", "publisher_id"), Label("n-plus-one", "publishers", "magazines"))
def dj_foreign_key(env: Environment, family: Family) -> None:
    """A list whose rows each load what they point at (no select_related)."""
    alias, (_, child) = database(env), make(family)
    for page in env.requests(5):
        with transaction.atomic(using=alias):
            for row in child.objects.using(alias).order_by("-created_at")[page * 10 : page * 10 + 10]:
                _ = row.parent.name
        env.pause()
    close(alias)


@positive(Family("museums", "exhibits", "museum_id"))
def dj_reverse(env: Environment, family: Family) -> None:
    """A list whose rows each load their children (no prefetch_related), in autocommit as Django does."""
    alias, (parent, _) = database(env), make(family)
    for _ in env.requests(5):
        for row in parent.objects.using(alias).filter(tenant_id=env.chance.randint(1, 8))[:9]:
            list(row.children.all())
        env.pause()
    close(alias)


@positive(Family("theatres", "seats", "theatre_id"))
def dj_count(env: Environment, family: Family) -> None:
    """A list that counts each row's children."""
    alias, (parent, _) = database(env, server_side=True), make(family)
    for _ in env.requests(5):
        with transaction.atomic(using=alias):
            for row in parent.objects.using(alias).filter(amount__gt=40)[:8]:
                row.children.count()
        env.pause()
    close(alias)


@positive(Family("banks", "accounts", "bank_id"))
def dj_exists(env: Environment, family: Family) -> None:
    """A list that asks for each row whether it has a child of a kind."""
    alias, (parent, _) = database(env), make(family)
    for _ in env.requests(5):
        with transaction.atomic(using=alias):
            for row in parent.objects.using(alias).filter(tenant_id=env.chance.randint(1, 8))[:7]:
                row.children.filter(status="open").exists()
        env.pause()
    close(alias)


@positive(Family("farms", "fields", "farm_id"), Label("n-plus-one", "farms", "fields"))
def dj_get_in_a_loop(env: Environment, family: Family) -> None:
    """`get(pk=…)` for each id of a list."""
    alias, (parent, child) = database(env), make(family)
    for _ in env.requests(5):
        with transaction.atomic(using=alias):
            chosen = child.objects.using(alias).filter(amount=env.chance.randint(1, 90))
            for number in chosen.values_list("parent_id", flat=True):
                parent.objects.using(alias).get(pk=number)
        env.pause()
    close(alias)


@positive(Family("islands", "beaches", "island_id"), Label("row-by-row-insert", "beaches"))
def dj_create_loop(env: Environment, family: Family) -> None:
    """`create()` in a loop, in autocommit."""
    alias, (_, child) = database(env), make(family)
    for request in env.requests(3):
        for number in range(12):
            child.objects.using(alias).create(id=40_000 + request * 100 + number, parent_id=number + 1, amount=number)
        env.pause()
    close(alias)


@positive(Family("harbours", "boats", "harbour_id"), Label("row-by-row-update", "boats", "boats"))
def dj_save_loop(env: Environment, family: Family) -> None:
    """`save()` in a loop over a query's rows."""
    alias, (_, child) = database(env), make(family)
    for request in env.requests(4):
        with transaction.atomic(using=alias):
            for row in child.objects.using(alias).filter(parent_id__in=[request + 1, request + 9]):
                row.amount += 1
                row.save(update_fields=["amount"])
        env.pause()
    close(alias)


@lookalike(Family("castles", "towers", "castle_id"))
def dj_prefetch(env: Environment, family: Family) -> None:
    """The fix itself: prefetch_related."""
    alias, (parent, _) = database(env), make(family)
    for _ in env.requests(8):
        for row in parent.objects.using(alias).filter(tenant_id=env.chance.randint(1, 8)).prefetch_related("children"):
            len(row.children.all())
        env.pause(0.03)
    close(alias)


@lookalike(Family("lakes", "fish", "lake_id"))
def dj_select_related(env: Environment, family: Family) -> None:
    """The fix itself: select_related."""
    alias, (_, child) = database(env), make(family)
    for page in env.requests(8):
        for row in child.objects.using(alias).select_related("parent")[page * 9 : page * 9 + 9]:
            _ = row.parent.name
        env.pause(0.03)
    close(alias)


@lookalike(Family("forests", "trees", "forest_id"))
def dj_paginator(env: Environment, family: Family) -> None:
    """A report that leafs through all pages."""
    alias, (_, child) = database(env), make(family)
    pages = Paginator(child.objects.using(alias).filter(status="open"), 25)
    for number in pages.page_range:
        list(pages.page(number).object_list)
    close(alias)


@lookalike(Family("rivers", "bridges", "river_id"))
def dj_bulk_create(env: Environment, family: Family) -> None:
    """Many rows in multi-row INSERTs of equal size."""
    alias, (_, child) = database(env, server_side=True), make(family)
    for request in env.requests(5):
        first = 50_000 + request * 200
        rows = [child(id=first + i, parent_id=1 + i, amount=i) for i in range(80)]
        child.objects.using(alias).bulk_create(rows, batch_size=20)
    close(alias)


@lookalike(Family("valleys", "villages", "valley_id"))
def dj_iterator(env: Environment, family: Family) -> None:
    """A server-side cursor."""
    alias, (_, child) = database(env), make(family)
    with transaction.atomic(using=alias):
        for _ in child.objects.using(alias).all().iterator(chunk_size=40):
            pass
    close(alias)


@lookalike(Family("schedules", "stops", "schedule_id"))
def dj_in_bulk(env: Environment, family: Family) -> None:
    """`in_bulk` with chunks of ids."""
    alias, (_, child) = database(env), make(family)
    for start in range(1, 600, 40):
        child.objects.using(alias).in_bulk(list(range(start, start + 40)))
    close(alias)


@lookalike(Family("parks", "visits", "park_id"))
def dj_request_per_visitor(env: Environment, family: Family) -> None:
    """Visitors who each open one detail page: the row, its children, one insert."""
    alias, (parent, child) = database(env), make(family)
    for request in env.requests(12):
        row = parent.objects.using(alias).get(pk=env.chance.randint(1, PARENTS))
        list(row.children.all()[:5])
        child.objects.using(alias).create(id=60_000 + request, parent=row)
        env.pause()
    close(alias)
