"""Existing indexes: double, useless, broken, missing under foreign keys."""
