"""pgadvisor: from PostgreSQL workload files to proven Alembic migrations, N+1 findings and a CI plan gate."""

__version__ = "0.1.0.dev0"
