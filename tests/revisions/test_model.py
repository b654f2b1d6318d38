"""With the printed line in the model, `alembic check` is clean; without it, autogenerate would drop the index."""

from __future__ import annotations

import pytest

from advisor.catalog.index import IndexKey
from advisor.revisions.write import write_revisions
from tests.revisions.builders import alembic, definition, environment, proposal

TABLE = "CREATE TABLE events (id bigint PRIMARY KEY, kind text NOT NULL, at date, note text, tags text[])"

MODELS = """
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Event(Base):
    __tablename__ = "events"
    __table_args__ = ({lines})

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.Text)
    at = sa.Column(sa.Date)
    note = sa.Column(sa.Text)
    tags = sa.Column(ARRAY(sa.Text))
"""

ENV = """
import pathlib
from alembic import context
from sqlalchemy import create_engine, pool

models = {}
exec((pathlib.Path(__file__).parent / "models.py").read_text(), models)
engine = create_engine(context.get_x_argument(as_dictionary=True)["url"], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=models["Base"].metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""

WANTED = [
    definition("events", "kind", IndexKey.of("at", descending=True), include=("note",)),
    definition("events", "at", where="kind = ':open' AND note LIKE '50%'"),
    definition("events", IndexKey("lower(note)"), "kind"),
    definition("events", IndexKey("lower(note)", opclass="text_pattern_ops")),
    definition("events", IndexKey.of("note", opclass="gin_trgm_ops"), method="gin"),
    definition("events", "tags", method="gin", storage=(("fastupdate", "off"),)),
    definition("events", "id", "kind", unique=True),
]


@pytest.fixture
def checked(tmp_path, server, database, connection):
    """Return a function that runs `alembic check` against models with these lines."""
    connection.execute(TABLE)
    connection.execute("CREATE EXTENSION pg_trgm")
    ini = environment(tmp_path)
    (tmp_path / "migrations" / "env.py").write_text(ENV)
    (tmp_path / "migrations" / "models.py").write_text(MODELS.replace("{lines}", ""))
    url = server.url(database, "postgresql+psycopg")
    revisions = write_revisions([proposal(one) for one in WANTED], ini)
    alembic(tmp_path, "upgrade", "head", url=url)

    def check(*left_out: str):
        lines = "".join(f"{one.model_snippet}, " for one in revisions if one.index not in left_out)
        (tmp_path / "migrations" / "models.py").write_text(MODELS.replace("{lines}", lines))
        return alembic(tmp_path, "check", url=url)

    return check


def test_alembic_check_is_clean_with_the_lines(checked):
    assert "No new upgrade operations detected" in checked()


@pytest.mark.parametrize("missing", WANTED, ids=lambda one: one.name)
def test_a_missing_line_is_what_the_check_complains_about(checked, missing, capsys):
    with pytest.raises(SystemExit):
        checked(missing.name)
    assert missing.name in capsys.readouterr().out
