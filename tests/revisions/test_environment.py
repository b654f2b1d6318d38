"""An env.py under which a concurrent build dies is refused by name; one under which it works is not.

Each case is a file of `environments/`: its first line says what really happens, its second what must be found. Both
are checked: the migration is run with that env.py on a real server.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from advisor.errors import RevisionError
from advisor.revisions.project.judge_environment import check_environment
from advisor.revisions.write import write_revisions
from tests.revisions.builders import alembic, definition, environment, index_names, proposal

CASES = sorted((Path(__file__).parent / "environments").glob("*.py"), key=lambda path: path.stem)


def expectation(path: Path) -> tuple[bool, list[str]]:
    """Return whether a build works under this env.py, and the codes it must be found with."""
    first, second = path.read_text().splitlines()[:2]
    return bool(re.search(r": works\b", first)), second.removeprefix("# finds:").split()


@pytest.fixture
def ini(tmp_path):
    return environment(tmp_path)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_is_found_is_what_happens(path, ini, server, database, connection):
    works, codes = expectation(path)
    connection.execute("CREATE TABLE events (id bigint PRIMARY KEY, kind text)")
    shutil.copy(path, ini.parent / "migrations" / "env.py")
    wanted = proposal(definition("events", "kind"))
    found = check_environment(path)
    assert sorted({finding.code for finding in found}) == codes
    assert any(finding.level == "error" for finding in found) is not works
    if not works:
        with pytest.raises(RevisionError, match=codes[0]) as refused:
            write_revisions([wanted], ini)
        assert refused.value.do and "env.py:" in str(refused.value)
    write_revisions([wanted], ini, force=True)
    url = server.url(database, "postgresql+psycopg")
    if works:
        alembic(ini.parent, "upgrade", "head", url=url)
        assert index_names(connection, "events") == [(wanted.name, True)]
    else:
        with pytest.raises(AssertionError):
            alembic(ini.parent, "upgrade", "head", url=url)
        assert index_names(connection, "events") == []


@pytest.mark.parametrize("template", ["generic", "async"])
def test_the_stock_templates_are_accepted(template, tmp_path):
    write_revisions([proposal(definition("events", "kind"))], environment(tmp_path, template))


def test_an_env_py_that_cannot_be_parsed_is_one_clear_error(ini):
    (ini.parent / "migrations" / "env.py").write_text("with engine.begin() as")
    with pytest.raises(RevisionError, match="cannot be read"):
        write_revisions([proposal(definition("events", "kind"))], ini)


def test_a_finding_names_the_line_and_two_cures(ini):
    finding = check_environment(Path(__file__).parent / "environments" / "engine_begin.py")[0]
    assert (finding.code, finding.name, finding.line) == ("ENV001", "transaction-before-configure", 8)
    assert len(finding.cures) == 2


def test_every_code_is_documented():
    text = (Path(__file__).parent.parent.parent / "docs" / "migrations.md").read_text()
    for path in CASES:
        for finding in check_environment(path):
            assert f"| {finding.code} | {finding.name} | {finding.level} |" in text
