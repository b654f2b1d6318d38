"""ENV: what an Alembic environment (`env.py`) does to concurrent index builds; it is read, never run."""
