"""The shop in Django."""

from __future__ import annotations

import os

import django
from django.conf import settings

parts = dict(part.split("=", 1) for part in os.environ["SHOP_DSN"].split())
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": parts["dbname"], "USER": parts["user"],
                           "PASSWORD": parts.get("password", ""), "HOST": parts["host"], "PORT": parts["port"]}},
    INSTALLED_APPS=[],
)  # fmt: skip
django.setup()

from django.db import models  # noqa: E402


class Customer(models.Model):
    name = models.TextField()

    class Meta:
        app_label = "shop"
        db_table = "customers"
        managed = False


class Order(models.Model):
    customer = models.ForeignKey(Customer, models.DO_NOTHING)
    total = models.IntegerField()

    class Meta:
        app_label = "shop"
        db_table = "orders"
        managed = False


def names() -> list[str]:
    return [order.customer.name for order in Order.objects.filter(total__gt=3).order_by("id")[:8]]  # N+1: Django
