"""Projects that are laid out otherwise: named sections, Flask-Migrate, version folders set in env.py, conventions."""

from __future__ import annotations

import pytest

from advisor.errors import RevisionError
from advisor.revisions.write import write_revisions
from advisor.verify.running.upgrade import History
from tests.revisions.builders import alembic, definition, environment, index_names, proposal, versions

WANTED = [proposal(definition("events", "kind"))]
LONG = [proposal(definition("subscriptions", "organisation_id", "last_renewal_attempt_at", "state"))]


def revision(name: str, down: str | None, body: str = "pass") -> str:
    return f'from alembic import op\n\nrevision = "{name}"\ndown_revision = {down!r}\n\n\ndef upgrade():\n    {body}\n'


def test_the_one_section_that_names_scripts_is_found(tmp_path):
    ini = environment(tmp_path)
    ini.write_text(ini.read_text().replace("[alembic]", "[billing]"))
    assert len(write_revisions(WANTED, ini)) == len(versions(tmp_path)) == 1


def test_of_several_sections_one_is_to_be_chosen(tmp_path):
    ini = environment(tmp_path)
    text = ini.read_text().replace("[alembic]", "[billing]")
    ini.write_text(text + "\n[users]\nscript_location = %(here)s/migrations\n")
    with pytest.raises(RevisionError) as raised:
        write_revisions(WANTED, ini)
    assert raised.value.do == "choose --name billing or --name users"
    assert len(write_revisions(WANTED, ini, section="users")) == 1


def test_a_folder_of_flask_migrate_is_found_from_the_project(tmp_path):
    ini = environment(tmp_path)
    text = "".join(line for line in ini.read_text().splitlines(True) if not line.startswith("script_location"))
    ini.unlink()
    (tmp_path / "migrations" / "alembic.ini").write_text(text)
    for given in (ini, tmp_path):
        assert [one.path.parent for one in write_revisions(WANTED, given)] == [tmp_path / "migrations" / "versions"]


def test_version_folders_that_env_py_sets_are_read(tmp_path):
    ini = environment(tmp_path)
    (tmp_path / "migrations" / "elsewhere").mkdir()
    (tmp_path / "migrations" / "elsewhere" / "one.py").write_text(revision("one", None))
    env = tmp_path / "migrations" / "env.py"
    setting = 'config.set_main_option("version_locations", "%(here)s/migrations/elsewhere")\n'
    env.write_text(env.read_text().replace("config = context.config\n", f"config = context.config\n{setting}"))
    (written,) = write_revisions(WANTED, ini)
    assert written.down_revision == "one" and written.path.parent.name == "elsewhere"
    env.write_text(env.read_text().replace('"%(here)s/migrations/elsewhere"', "folder_of(tenant)"))
    with pytest.raises(RevisionError, match=r"env\.py computes version_locations") as raised:
        write_revisions(WANTED, ini)
    assert "alembic.ini" in raised.value.do


def test_a_history_that_does_not_hold_where_production_stands_is_refused(tmp_path):
    ini = environment(tmp_path)
    (tmp_path / "migrations" / "versions" / "one.py").write_text(revision("one", None))
    with pytest.raises(RevisionError, match="production stands at elsewhere, which this history does not hold"):
        write_revisions(WANTED, ini, stamped=("elsewhere",))
    assert set(versions(tmp_path)) == {"one.py"}
    assert len(write_revisions(WANTED, ini, stamped=("one",))) == 1


def test_a_file_name_holds_whole_words(tmp_path):
    (written,) = write_revisions(LONG, environment(tmp_path))
    words = ["index", "subscriptions", "organisation_id", "last_renewal_attempt_at", "state"]
    slug = written.path.stem.removeprefix(f"{written.revision}_")
    assert len(slug) <= 40 and any(slug == "_".join(words[:count]) for count in range(1, len(words)))


def test_a_hook_that_is_not_installed_is_named_with_the_place_to_install_it(tmp_path):
    ini = environment(tmp_path)
    hook = "[post_write_hooks]\nhooks = tidy\ntidy.type = console_scripts\ntidy.entrypoint = no_such_tool\n"
    ini.write_text(ini.read_text().replace("[post_write_hooks]\n", hook))
    with pytest.raises(RevisionError, match=r"a post-write hook cannot run: .*no_such_tool") as raised:
        write_revisions(WANTED, ini)
    assert "install it where advisor runs" in raised.value.do
    assert versions(tmp_path) == {}


def test_a_naming_convention_does_not_rename_what_is_built(tmp_path, connection, server, database):
    connection.execute("CREATE TABLE events (id bigint PRIMARY KEY, kind text)")
    ini = environment(tmp_path)
    env = tmp_path / "migrations" / "env.py"
    metadata = 'from sqlalchemy import MetaData\nurl = context.get_x_argument(as_dictionary=True)["url"]\n'
    metadata += 'config.set_main_option("sqlalchemy.url", url)\n'
    metadata += 'target_metadata = MetaData(naming_convention={"ix": "idx_%(constraint_name)s"})\n'
    env.write_text(env.read_text().replace("target_metadata = None\n", metadata))
    (written,) = write_revisions(WANTED, ini)
    alembic(tmp_path, "upgrade", "head", url=server.url(database, "postgresql+psycopg"))
    assert index_names(connection, "events") == [(written.index, True)]
    alembic(tmp_path, "downgrade", "base", url=server.url(database, "postgresql+psycopg"))
    assert index_names(connection, "events") == []


def test_revisions_written_for_asyncpg_run_and_the_failing_one_is_named(tmp_path, connection, server, database):
    connection.execute("CREATE TABLE events (id bigint PRIMARY KEY, kind text)")
    ini = environment(tmp_path)
    folder = tmp_path / "migrations" / "versions"
    like = "op.get_bind().exec_driver_sql(\"UPDATE events SET kind = '50%' WHERE kind LIKE '%s%'\")"
    numbered = "op.get_bind().exec_driver_sql(\"INSERT INTO events VALUES ($1, '5%' || $2)\", (7, 'x'))"
    several = "op.get_bind().exec_driver_sql(\"CREATE TABLE a (); COMMENT ON TABLE a IS '5%'\")"
    doubled = "op.get_bind().exec_driver_sql(\"UPDATE events SET kind = kind WHERE kind LIKE '50%%'\")"
    for number, body in enumerate([like, numbered, several, doubled, 'op.execute("SELECT nothing")']):
        (folder / f"r{number}.py").write_text(revision(f"r{number}", f"r{number - 1}" if number else None, body))
    with History.open(ini) as history:
        ran = history.upgrade_all(server.url(database))
    assert ran.applied == ("r0", "r1", "r2", "r3")
    assert [(one.revision, "nothing" in one.what) for one in ran.failed] == [("r4", True)]
    assert connection.execute("SELECT kind, obj_description('a'::regclass) FROM events").fetchall() == [("5%x", "5%")]
