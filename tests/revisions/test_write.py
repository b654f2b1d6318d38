"""What is written: one reviewable file per index, the team's way, the same bytes every time, nothing twice."""

from __future__ import annotations

import ast
import datetime
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from advisor.catalog.index import Index, IndexKey, IndexSize
from advisor.catalog.schema import Schema, Table
from advisor.errors import RevisionError
from advisor.output.next_steps import next_steps
from advisor.revisions.write import write_revisions
from tests.revisions.builders import alembic, definition, environment, proposal, versions

DATE = datetime.datetime(2025, 7, 1, 12, 30, tzinfo=datetime.UTC)
TWO = [proposal(definition("events", "kind")), proposal(definition("events", IndexKey("lower(note)")))]
QUERIES = {"q1": 'SELECT * FROM events\n WHERE kind = $1 AND note = \'"""\\x\''}


@pytest.fixture
def ini(tmp_path):
    return environment(tmp_path)


def schema_with(*indexes: Index, kind="table", name="events") -> Schema:
    return Schema({("public", name): Table("public", name, kind, (), indexes=indexes)}, 180000)


def test_one_index_a_file_each_on_top_of_the_other(ini):
    first, second = write_revisions(TWO, ini)
    assert (first.down_revision, second.down_revision) == (None, first.revision)
    assert [first.index, second.index] == [one.name for one in TWO]
    assert [first.source.encode(), second.source.encode()] == [
        versions(ini.parent)[one.path.name] for one in (first, second)
    ]
    assert first.path.name == f"{first.revision}_index_events_kind.py"


OF_THE_HELPER = {
    "collections.abc", "contextlib", "hashlib", "logging", "random", "time", "typing",
    "sqlalchemy", "sqlalchemy.dialects",
}  # fmt: skip


def test_the_files_import_nothing_of_ours(ini):
    written = write_revisions(TWO, ini)
    helper = written[0].helper
    for source, given in [*((one.source, {"pathlib", "runpy", "typing", "alembic", "sqlalchemy"}) for one in written),
                          (helper.read_text(), OF_THE_HELPER)]:  # fmt: skip
        modules = set()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                modules.add(node.module)
        assert modules == given


def test_what_all_revisions_need_is_written_once_and_left_as_it_is(ini):
    first, second = write_revisions(TWO, ini)
    assert first.helper == first.path.parent / "concurrently" / "__init__.py" and second.helper is None
    first.helper.write_text(first.helper.read_text() + "# seen by a DBA\n")
    assert [one.helper for one in write_revisions([proposal(definition("events", "at"))], ini)] == [None]
    assert first.helper.read_text().endswith("# seen by a DBA\n")


def test_what_is_left_to_do_is_said(ini):
    held = schema_with(Index("ix", TWO[0].definition, IndexSize(1.0, 2, 0)))
    written = write_revisions([TWO[0], proposal(TWO[0].definition, "drop", name="ix")], ini, schema=held)
    add, remove, run, commit = next_steps(written)
    assert add == f"model of public.events: add to __table_args__\n{written[0].model_snippet}"
    assert "take out the line of ix" in remove and "alembic upgrade head" in run
    assert str(written[0].path.parent) in commit
    assert list(next_steps(write_revisions([TWO[0]], ini, schema=held))) == [], "nothing was written"


def test_the_docstring_carries_the_evidence(ini):
    text = ast.get_docstring(ast.parse(write_revisions(TWO, ini, queries=QUERIES)[0].source))
    for fact in ("5,000 before, 4.5 after", "240 kB", "values seen in a log", "q1", 'note = \'"""\\x\'', "sa.Index("):
        assert fact in text


SAME = """
import datetime, pathlib, sys
from advisor.revisions.write import write_revisions
from tests.revisions.test_write import DATE, QUERIES, TWO
write_revisions(TWO, pathlib.Path(sys.argv[1]), queries=QUERIES, date=DATE)
"""


def test_identical_input_gives_identical_bytes_whatever_the_hash_seed(tmp_path):
    written = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        ini = environment(folder)
        settings = {**os.environ, "PYTHONHASHSEED": seed, "TZ": f"UTC+{seed}"}
        subprocess.run([sys.executable, "-c", SAME, str(ini)], env=settings, check=True)
        written.append(versions(folder))
    assert written[0] == written[1] and len(written[0]) == 2


def test_source_date_epoch_fixes_the_date(ini, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(DATE.timestamp())))
    assert "Create Date: 2025-07-01 12:30:00" in write_revisions(TWO, ini)[0].source


def test_a_second_run_writes_nothing(ini):
    first = write_revisions(TWO, ini)
    before = versions(ini.parent)
    again = write_revisions(TWO, ini)
    assert versions(ini.parent) == before
    assert all(one.existing for one in again)
    assert [one.revision for one in again] == [one.revision for one in first]


def test_what_a_later_revision_dropped_is_written_anew(ini):
    wanted = TWO[0]
    write_revisions([wanted], ini)
    held = schema_with(Index(wanted.name, wanted.definition, IndexSize(1.0, 2, 0)))
    write_revisions([proposal(wanted.definition, "drop", name=wanted.name)], ini, schema=held)
    (again,) = write_revisions([wanted], ini)
    assert not again.existing and len(versions(ini.parent)) == 3


def test_a_hand_written_revision_for_the_same_index_is_recognised(ini):
    alembic(ini.parent, "revision", "-m", "by hand")
    (path,) = (ini.parent / "migrations" / "versions").glob("*.py")
    path.write_text(path.read_text().replace("pass", f'op.execute("CREATE INDEX {TWO[0].name} ON events (kind)")', 1))
    assert write_revisions(TWO[:1], ini)[0].existing


def test_a_partitioned_index_is_recognised_too(ini):
    held = schema_with(kind="partitioned")
    assert not write_revisions(TWO[:1], ini, schema=held)[0].existing
    assert write_revisions(TWO[:1], ini, schema=held)[0].existing


def test_a_dry_run_writes_nothing_and_shows_everything(ini):
    shown = write_revisions(TWO, ini, dry_run=True, date=DATE)
    assert versions(ini.parent) == {}
    written = write_revisions(TWO, ini, date=DATE)
    assert shown == written


def test_several_heads_are_listed_and_one_must_be_chosen(ini):
    for message in ("one", "two"):
        alembic(ini.parent, "revision", "-m", message, "--head", "base", "--splice")
    with pytest.raises(RevisionError, match="2 heads") as refused:
        write_revisions(TWO, ini)
    heads = sorted(path.name.split("_")[0] for path in (ini.parent / "migrations" / "versions").glob("*.py"))
    assert all(head in refused.value.what for head in heads) and "--head" in refused.value.do
    first, second = write_revisions(TWO, ini, head=heads[1])
    assert (first.down_revision, second.down_revision) == (heads[1], first.revision)


def test_an_unknown_head_is_one_clear_error(ini):
    with pytest.raises(RevisionError, match="nosuchhead"):
        write_revisions(TWO, ini, head="nosuchhead")


def test_the_teams_template_and_file_naming_are_honoured(ini):
    template = ini.parent / "migrations" / "script.py.mako"
    template.write_text(template.read_text() + "\n# reviewed by: the database team\n")
    ini.write_text(ini.read_text().replace("[alembic]", "[alembic]\nfile_template = %%(year)d_%%(rev)s", 1))
    (revision,) = write_revisions(TWO[:1], ini, date=DATE)
    assert revision.path.name == f"2025_{revision.revision}.py"
    assert revision.source.rstrip().endswith("# reviewed by: the database team")


def test_post_write_hooks_run(ini):
    hooks = f"[post_write_hooks]\nhooks = tidy\ntidy.type = exec\ntidy.executable = {sys.executable}\n"
    hooks += "tidy.options = -m ruff format REVISION_SCRIPT_FILENAME\n"
    text = ini.read_text()
    start = text.index("[post_write_hooks]")
    ini.write_text(text[:start] + hooks + text[text.index("[loggers]") :])
    (revision,) = write_revisions(TWO[:1], ini)
    assert f'revision: str = "{revision.revision}"' in revision.source


def test_a_template_without_a_docstring_gets_the_evidence_as_comments(ini):
    template = ini.parent / "migrations" / "script.py.mako"
    template.write_text(template.read_text().replace('"""${message}', '# ${message}\n"""', 1))
    (revision,) = write_revisions(TWO[:1], ini)
    assert revision.source.startswith("# Index events (kind)\n")
    assert "    # planner cost: 5,000 before, 4.5 after" in revision.source


def test_a_template_that_loses_the_body_is_refused_and_leaves_no_file(ini):
    template = ini.parent / "migrations" / "script.py.mako"
    template.write_text(template.read_text().replace('${upgrades if upgrades else "pass"}', "pass"))
    with pytest.raises(RevisionError, match="upgrades"):
        write_revisions(TWO, ini)
    assert versions(ini.parent) == {}


def test_pyproject_toml_is_read_as_well(tmp_path):
    environment(tmp_path)
    (tmp_path / "alembic.ini").unlink()
    project = tmp_path / "pyproject.toml"
    project.write_text('[tool.alembic]\nscript_location = "%(here)s/migrations"\n')
    assert write_revisions(TWO[:1], project)[0].path.parent == tmp_path / "migrations" / "versions"


def test_the_version_folder_can_be_chosen(ini):
    (ini.parent / "more").mkdir()
    locations = "version_locations = %(here)s/migrations/versions:%(here)s/more\nversion_path_separator = :\n"
    ini.write_text(ini.read_text().replace("[alembic]", f"[alembic]\n{locations}", 1))
    with pytest.raises(RevisionError, match="version"):
        write_revisions(TWO[:1], ini)
    shown = write_revisions(TWO[:1], ini, version_path=str(ini.parent / "more"), dry_run=True)
    (revision,) = write_revisions(TWO[:1], ini, version_path=str(ini.parent / "more"))
    assert revision.path.parent == ini.parent / "more"
    assert shown[0].path == revision.path


@pytest.mark.parametrize("name", ["nosuch.ini", "nosuchfolder"])
def test_a_missing_configuration_is_one_clear_error(tmp_path, name):
    with pytest.raises(RevisionError, match="no Alembic configuration"):
        write_revisions(TWO, tmp_path / name)


def test_a_broken_revision_of_the_team_is_named_and_not_ours_to_trace(ini):
    (ini.parent / "migrations" / "versions" / "broken.py").write_text("import nosuchmodule\n")
    with pytest.raises(RevisionError, match="names no revision") as refused:
        write_revisions(TWO, ini)
    assert refused.value.where.endswith("broken.py")


def test_an_unknown_index_cannot_be_replaced_because_no_downgrade_could_be_written(ini):
    wanted = proposal(definition("events", "kind", "at"), "replace", replaces=("ix_old",))
    with pytest.raises(RevisionError, match=r"ix_old.*definition is not known"):
        write_revisions([wanted], ini)
    assert versions(ini.parent) == {}


def test_an_index_of_a_constraint_is_never_dropped(ini):
    owned = Index(
        "events_kind_key", definition("events", "kind", unique=True), IndexSize(1.0, 2, 0), constraint="events_kind_key"
    )
    wanted = proposal(definition("events", "kind"), "drop", name="events_kind_key")
    with pytest.raises(RevisionError, match="constraint events_kind_key"):
        write_revisions([wanted], ini, schema=schema_with(owned))


def test_an_extension_the_database_has_is_not_created(ini):
    wanted = proposal(
        definition("events", IndexKey.of("note", opclass="gin_trgm_ops"), method="gin"), requires=("pg_trgm",)
    )
    held = Schema({}, 180000, extensions=("pg_trgm",))
    assert [one.kind for one in write_revisions([wanted], ini, dry_run=True)] == ["extension", "create"]
    assert [one.kind for one in write_revisions([wanted], ini, dry_run=True, schema=held)] == ["create"]


@pytest.mark.parametrize(("version", "refused"), [(140003, True), (140004, False), (130022, False), (150000, False)])
def test_servers_whose_concurrent_builds_may_be_corrupt_are_refused(ini, version, refused):
    held = Schema({}, version)
    if refused:
        with pytest.raises(RevisionError, match=r"14\.3 can build a corrupt index"):
            write_revisions(TWO, ini, schema=held)
    assert len(write_revisions(TWO, ini, schema=held, force=refused)) == 2


def test_a_failing_hook_leaves_no_file(ini):
    hooks = "[post_write_hooks]\nhooks = tidy\ntidy.type = exec\ntidy.executable = nosuchprogram\n\n"
    text = ini.read_text()
    start = text.index("[post_write_hooks]")
    ini.write_text(text[:start] + hooks + text[text.index("[loggers]") :])
    with pytest.raises(RevisionError, match="nosuchprogram"):
        write_revisions(TWO, ini)
    assert versions(ini.parent) == {}


def test_a_tree_with_a_foreign_partition_is_refused(ini):
    root, foreign = schema_with(kind="partitioned"), Table("public", "far", "foreign", (), parent=("public", "events"))
    held = Schema({**root.tables, ("public", "far"): foreign}, 180000)
    with pytest.raises(RevisionError, match=r"public.far is a foreign table"):
        write_revisions(TWO, ini, schema=held)


def test_with_the_model_environment_the_files_are_clean_for_ruff(tmp_path):
    root = Path(__file__).parent.parent.parent
    shutil.copytree(root / "migrations", tmp_path / "migrations")
    partitioned = schema_with(kind="partitioned", name="readings")
    wanted = [
        *TWO,
        proposal(definition("readings", "device", where="note = ':x'")),
        proposal(TWO[0].definition, "drop", name="ix"),
    ]
    held = Schema(
        {**partitioned.tables, **schema_with(Index("ix", TWO[0].definition, IndexSize(1.0, 2, 0))).tables}, 180000
    )
    for revision in write_revisions(wanted, tmp_path / "migrations" / "alembic.ini", schema=held):
        for arguments in (["check"], ["format", "--check"]):
            command = [sys.executable, "-m", "ruff", *arguments, "--config", str(root / "pyproject.toml")]
            command += [
                "--config",
                'lint.per-file-ignores = {"**" = ["D1", "ANN", "E501", "C901"]}',
                str(revision.path),
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout


def test_a_file_name_without_the_revision_id_never_overwrites_a_file(ini):
    ini.write_text(ini.read_text().replace("[alembic]", "[alembic]\nfile_template = %%(slug)s", 1))
    twins = [proposal(definition("events", "kind", where=f"id > {bound}")) for bound in (1, 2)]
    with pytest.raises(RevisionError, match=r"index_events_kind\.py exists already"):
        write_revisions(twins, ini)
    assert versions(ini.parent) == {}
