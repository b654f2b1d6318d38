"""Revisions, env.py, templates and packages of a checkout are read: nothing of them runs unless somebody asks for it."""

from __future__ import annotations

import sys

import pytest

from advisor.errors import RevisionError
from advisor.revisions.project.judge_environment import environment_of
from advisor.revisions.project.reading import read_heading
from advisor.revisions.write import write_revisions
from tests.revisions.builders import alembic, definition, environment, proposal, versions

WANTED = [proposal(definition("events", "kind"))]


@pytest.fixture
def ini(tmp_path):
    return environment(tmp_path)


@pytest.fixture
def evil(tmp_path):
    """Return Python source that leaves a mark when it runs, and a function that says whether it did."""
    mark = tmp_path / "ran"
    return f"import pathlib; pathlib.Path({str(mark)!r}).touch()", mark.exists


def revision_file(ini, text, name="one.py"):
    path = ini.parent / "migrations" / "versions" / name
    path.write_text(text)
    return path


def test_a_dry_run_runs_nothing_of_the_checkout(ini, evil):
    source, ran = evil
    revision_file(ini, f"{source}\nrevision = 'one'\ndown_revision = None\n")
    (ini.parent / "migrations" / "env.py").write_text(f"{source}\ncontext.configure(transaction_per_migration=True)\n")
    template = ini.parent / "migrations" / "script.py.mako"
    template.write_text(template.read_text().replace("from alembic", f"{source}\nfrom alembic", 1))
    hooks = f"hooks = evil\nevil.type = exec\nevil.executable = {sys.executable}\nevil.options = -c '{source}'\n"
    ini.write_text(ini.read_text().replace("[post_write_hooks]", f"[post_write_hooks]\n{hooks}"))
    (shown,) = write_revisions(WANTED, ini, dry_run=True, force=True)
    assert shown.down_revision == "one" and "def upgrade" in shown.source
    assert environment_of(ini).name == "env.py"
    assert not ran()


def test_writing_runs_no_older_revision(ini, evil):
    source, ran = evil
    revision_file(ini, f"{source}\nimport nosuchmodule\nrevision = 'one'\ndown_revision = None\n")
    (written,) = write_revisions(WANTED, ini)
    assert written.down_revision == "one" and not ran()


def test_a_package_is_looked_up_and_not_imported(ini, evil):
    source, ran = evil
    (ini.parent / "team" / "db").mkdir(parents=True)
    for package in ("team", "team/db"):
        (ini.parent / package / "__init__.py").write_text(source)
    (ini.parent / "migrations").rename(ini.parent / "team" / "db" / "migrations")
    text = ini.read_text().replace("script_location = %(here)s/migrations", "script_location = team.db:migrations")
    ini.write_text(text.replace("prepend_sys_path = .", "prepend_sys_path = %(here)s"))
    before = list(sys.path)
    assert environment_of(ini) == ini.parent / "team" / "db" / "migrations" / "env.py"
    write_revisions(WANTED, ini, dry_run=True)
    assert not ran() and sys.path == before and "team" not in sys.modules


@pytest.mark.parametrize(
    "line",
    [
        "<% import os %>", "<%! import os %>", "${open('/tmp/x')}", "${message.__class__}", "${message | eval}",
        "% for one in range(3):\n% endfor", "${(lambda: 1)()}", "<%include file='x'/>", "${9**9}",
    ],
)  # fmt: skip
def test_a_template_that_is_a_program_is_not_rendered_to_be_looked_at(ini, line):
    template = ini.parent / "migrations" / "script.py.mako"
    template.write_text(template.read_text() + f"\n{line}\n")
    with pytest.raises(RevisionError, match="template is a program") as refused:
        write_revisions(WANTED, ini, dry_run=True)
    assert refused.value.where.startswith(str(template)) and versions(ini.parent) == {}


@pytest.mark.parametrize("name", ["generic", "async"])
def test_the_templates_of_alembic_can_be_looked_at(tmp_path, name):
    ini = environment(tmp_path, name)
    assert write_revisions(WANTED, ini, dry_run=True, force=True)[0].source


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("revision = 'a'\ndown_revision = None", ("a", None, None)),
        ("revision: str = 'b'\ndown_revision: str | None = 'a'\ndepends_on = ('x', 'y')", ("b", "a", ("x", "y"))),
        ("ME = 'c'\nrevision = ME\ndown_revision = ['a', 'b']", ("c", ("a", "b"), None)),
    ],
)
def test_headings_are_read_as_alembic_would_find_them(tmp_path, text, expected):
    path = tmp_path / "one.py"
    path.write_text(text)
    found = read_heading(path)
    assert (found.revision, found.down_revision, found.depends_on) == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("revision = 'a'\ndown_revision = f()", ":2"),
        ("revision = 'a'\ndef", ":2"),
        ("revision = 7", ""),
        ("revision = 'a'\ndown_revision = 7", ""),
        ("x = " + "(" * 5000, ":1"),
        ("revision = 'a\0'", ""),
    ],
)
def test_what_cannot_be_read_is_one_error_with_the_place(tmp_path, text, line):
    path = tmp_path / "one.py"
    path.write_text(text)
    with pytest.raises(RevisionError) as refused:
        read_heading(path)
    assert str(refused.value.where).startswith(f"{path}{line}")


def test_the_history_read_is_the_one_that_alembic_has(ini):
    for message in ("one", "two"):
        alembic(ini.parent, "revision", "-m", message, "--head", "base", "--splice")
    alembic(ini.parent, "merge", "-m", "both", "heads")
    (written,) = write_revisions(WANTED, ini)
    assert alembic(ini.parent, "heads").startswith(written.revision)
