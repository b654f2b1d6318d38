"""Proposals in, reviewable Alembic revision files out."""
