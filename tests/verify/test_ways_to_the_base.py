"""The scratch database gets to just below a revision: from a dump, from a dump and pending revisions, from base."""

from __future__ import annotations

import pytest

from advisor.errors import ProofError
from advisor.revisions.write import write_revisions
from advisor.verify.prove import prove
from advisor.verify.running.upgrade import History
from tests.revisions.builders import alembic, definition, environment, proposal

TABLE = "CREATE TABLE events (id bigint PRIMARY KEY, kind text)"
WANTED = proposal(definition("events", "kind"))
LATER = proposal(definition("events", "fresh"))


def by_hand(folder, message, statement):
    alembic(folder, "revision", "-m", message)
    (path,) = (folder / "migrations" / "versions").glob(f"*_{message}.py")
    path.write_text(path.read_text().replace("pass", f"op.execute({statement!r})", 1))
    return path.name.split("_")[0]


@pytest.fixture
def ini(tmp_path):
    return environment(tmp_path)


def test_from_a_dump_the_older_revisions_are_not_run(ini, server):
    by_hand(ini.parent, "old", "SELECT nosuchfunction()")
    revisions = write_revisions([WANTED], ini)
    assert prove(revisions, url=server.url(), history=History.open(ini), proposals=[WANTED], schema_sql=TABLE).passed


def test_without_a_dump_everything_is_run(ini, server):
    by_hand(ini.parent, "table", TABLE)
    revisions = write_revisions([WANTED], ini)
    assert prove(revisions, url=server.url(), history=History.open(ini), proposals=[WANTED]).passed


def test_what_is_pending_between_the_dump_and_the_revision_is_run(ini, server):
    start = by_hand(ini.parent, "table", TABLE)
    by_hand(ini.parent, "column", "ALTER TABLE events ADD COLUMN fresh date")
    revisions = write_revisions([LATER], ini)
    given = {"url": server.url(), "history": History.open(ini), "proposals": [LATER], "schema_sql": TABLE}
    assert prove(revisions, start=(start,), **given).passed
    assert not prove(revisions, **given).passed


def test_a_pending_revision_that_fails_is_named(ini, server):
    start = by_hand(ini.parent, "table", TABLE)
    by_hand(ini.parent, "broken", "SELECT nosuchfunction()")
    revisions = write_revisions([WANTED], ini)
    proof = prove(revisions, url=server.url(), history=History.open(ini), schema_sql=TABLE, start=(start,))
    failed = [step for step in proof.revisions[0].steps if not step.passed]
    assert failed[0].name == "revisions-below" and "nosuchfunction" in failed[0].detail


def test_a_dump_whose_index_exists_already_is_no_obstacle(ini, server):
    revisions = write_revisions([WANTED], ini)
    dump = f"{TABLE}; {WANTED.definition.ddl()};"
    assert prove(revisions, url=server.url(), history=History.open(ini), proposals=[WANTED], schema_sql=dump).passed


def test_what_of_the_dump_could_not_be_restored_is_noted(ini, server):
    revisions = write_revisions([WANTED], ini)
    dump = f"CREATE EXTENSION nosuchextension; {TABLE};"
    proof = prove(revisions, url=server.url(), history=History.open(ini), schema_sql=dump)
    assert proof.passed and any("nosuchextension" in note for note in proof.notes)


def test_a_dead_server_is_one_clear_error(ini, tmp_path):
    with pytest.raises(ProofError, match="cannot be reached"):
        prove(write_revisions([WANTED], ini), url=f"postgresql:///x?host={tmp_path}", history=History.open(ini))


def test_a_missing_table_fails_the_proof_with_the_servers_words(ini, server):
    proof = prove(write_revisions([WANTED], ini), url=server.url(), history=History.open(ini), schema_sql="SELECT 1")
    step = proof.revisions[0].steps[0]
    assert (step.name, step.passed) == ("upgrade", False) and 'relation "public.events" does not exist' in step.detail
