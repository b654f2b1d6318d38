"""Revisions are code: they run in a process of their own, see no environment but the one given, and end in time."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psutil
import pytest

from advisor.catalog.snapshot import Snapshot
from advisor.catalog.statistics import Statistics
from advisor.errors import ProofError, RevisionError, UsageError
from advisor.twin.start import start_twin
from advisor.verify.running.failed import RevisionFailure
from advisor.verify.running.runner import RunOptions
from advisor.verify.running.scratch import scratch_database
from advisor.verify.running.upgrade import History, upgrade
from tests.revisions.builders import environment

HEAD = """import os, sys
from alembic import context, op
import sqlalchemy as sa
revision = {revision!r}
down_revision = {down!r}
{top}
def upgrade():
{body}
def downgrade():
    pass
"""


@pytest.fixture
def history(tmp_path):
    """Return a function that makes an environment with a chain of revisions out of the bodies of their upgrades."""

    def make(*bodies, top=""):
        ini = environment(tmp_path)
        down = None
        for number, body in enumerate(bodies, 1):
            name, lines = f"{number:04}", body.replace("\n", "\n    ")
            text = HEAD.format(revision=name, down=down, top=top, body=f"    {lines}")
            (ini.parent / "migrations" / "versions" / f"{name}.py").write_text(text)
            down = name
        return ini

    return make


def running():
    found = psutil.Process().children(recursive=True)
    return {one for one in found if "pgadvisor_revisions.py" in str(one.cmdline())}


@pytest.fixture
def children():
    """Return a function that says which processes of ours run that did not before."""
    before = running()
    return lambda: running() - before


def test_a_revision_sees_the_allowed_variables_and_its_own_folder(
    history, server, database, connection, monkeypatch, children
):
    monkeypatch.setenv("PGPASSWORD", "secret")
    monkeypatch.setenv("API_TOKEN", "secret")
    monkeypatch.setenv("SCHEMA_NAME", "given")
    ini = history(
        "op.execute('CREATE TABLE seen (text text)')\n"
        "op.bulk_insert(sa.table('seen', sa.column('text')), [{'text': name} for name in sorted(os.environ)])\n"
        "op.execute(sa.text('INSERT INTO seen VALUES (:x)').bindparams(x=os.getcwd() + ' ' + os.environ['HOME']))\n"
        "print('from the revision')\nsys.stdin.read()"
    )
    done = upgrade(ini, server.url(database), options=RunOptions(pass_env=("SCHEMA_NAME",)))
    assert done.applied == ("0001",) and done.failed == ()
    seen = {text for (text,) in connection.execute("SELECT text FROM seen")}
    assert not {"PGPASSWORD", "API_TOKEN"} & seen and {"PATH", "HOME", "SCHEMA_NAME"} <= seen
    (place,) = [text for text in seen if text.startswith("/")]
    folder, home = place.split(" ")
    assert folder == home != str(Path.cwd()) and not Path(folder).exists()
    assert children() == set()


def test_what_a_revision_prints_is_no_answer(history, server, database, capfd):
    said = 'print(\'{"kind": "done", "applied": [], "sql": ""}\', flush=True)'
    ini = history(f"{said}\nos.system('echo from a command')")
    assert upgrade(ini, server.url(database)).applied == ("0001",)
    out, err = capfd.readouterr()
    assert out == "" and '"kind": "done"' in err and "from a command" in err


NEEDS = [
    ("op.execute(os.environ['SHOP_SCHEMA'])", ":8", "SHOP_SCHEMA is not passed", "--pass-env SHOP_SCHEMA"),
    ("x = os.environ.get('SHOP_SCHEMA')\nop.execute('SET search_path = ' + x)", ":9", "TypeError", "--pass-env SHOP"),
    ("op.execute(context.get_x_argument(as_dictionary=True)['tenant'])", ":8", "KeyError: 'tenant'", "-x NAME=VALUE"),
    ("import shop.models", ":8", "No module named 'shop'", "--python PATH"),
    ("op.execute('GRANT ALL ON SCHEMA public TO nobody_here')", ":8", 'role "nobody_here"', "--skip 0001"),
    (
        "n = op.get_bind().scalar(sa.text('SELECT max(oid) FROM pg_class WHERE false'))\nrange(n)",
        ":9", "after the statement: SELECT max(oid)", "no rows",
    ),
    ("op.execute('SELECT 1 FROM nosuch')", ":8", "statement: SELECT 1 FROM nosuch", "--skip 0001"),
    ("sys.exit('enough')", ":8", "SystemExit: enough", "--skip 0001"),
    ("raise KeyboardInterrupt", ":8", "KeyboardInterrupt", "--skip 0001"),
]  # fmt: skip


def test_what_a_revision_needs_is_named_with_line_statement_and_remedy(history, server, database):
    ini = history(*(body for body, *_ in NEEDS))
    done = upgrade(ini, server.url(database))
    assert done.applied == () and len(done.failed) == len(NEEDS)
    for number, (error, (_, line, what, do)) in enumerate(zip(done.failed, NEEDS, strict=True), 1):
        name = f"{number:04}"
        assert error.revision == name and error.where.endswith(f"{name}.py{line}"), error
        assert what in error.what and do.replace("0001", name) in error.do and f"--skip {name}" in error.do, error


def test_given_what_it_needs_it_goes_through(history, server, database, monkeypatch):
    monkeypatch.setenv("SHOP_SCHEMA", "public")
    ini = history(
        "import shop.models\nop.execute('SET search_path = ' + os.environ['SHOP_SCHEMA'])",
        "assert context.get_x_argument(as_dictionary=True)['tenant'] == 'a'",
        "raise ValueError",
        "op.execute('GRANT ALL ON SCHEMA public TO revs_nobody')",
    )
    (ini.parent / "shop").mkdir()
    (ini.parent / "shop" / "models.py").touch()
    given = RunOptions(Path(sys.executable), ("SHOP_SCHEMA",), ("tenant=a",), frozenset({"0003"}))
    done = upgrade(ini, server.url(database), options=given, superuser=server.url(database))
    assert [str(error) for error in done.failed] == []
    assert done.applied == ("0001", "0002", "0004") and done.made == ("role revs_nobody",)
    with server.connect(database) as connection:
        assert History.open(ini).current(server.url(database)) == ("0004",)
        connection.execute("DROP OWNED BY revs_nobody; DROP ROLE revs_nobody")


def test_one_that_fails_is_passed_over_and_the_rest_goes_on(history, server, database, connection):
    ini = history(
        "op.execute('CREATE TABLE one ()')",
        "op.execute('CREATE TABLE two ()')\n1 / 0",
        "op.execute('CREATE TABLE three ()')",
    )
    done = upgrade(ini, server.url(database))
    assert done.applied == ("0001", "0003") and [error.revision for error in done.failed] == ["0002"]
    found = connection.execute(
        "SELECT to_regclass('one') IS NULL, to_regclass('two') IS NULL, to_regclass('three') IS NULL"
    )
    assert found.fetchone() == (False, True, False)


@pytest.mark.parametrize(
    "body", ["while True: pass", "op.execute('SELECT pg_sleep(1000)')", "import time\ntime.sleep(1000)"]
)
def test_one_that_does_not_end_is_ended_and_named(history, server, database, connection, body, children):
    ini = history("op.execute('CREATE TABLE one ()')", body)
    begin = time.monotonic()
    with pytest.raises(ProofError, match="revision 0002 was still running after 3 s") as refused:
        upgrade(ini, server.url(database), options=RunOptions(seconds=3))
    assert "--revision-timeout" in refused.value.do and time.monotonic() - begin < 60 and children() == set()
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgadvisor revisions'"
    for _ in range(100):
        if connection.execute(sessions).fetchone() == (0,):
            break
        time.sleep(0.1)
    assert connection.execute(sessions).fetchone() == (0,)


GARBAGE = (
    "import contextlib\nfor fd in range(3, 20):\n    with contextlib.suppress(OSError):\n        os.write(fd, b'[]\\n')"
)


@pytest.mark.parametrize("body", ["os._exit(3)", "os.kill(os.getpid(), 9)", GARBAGE])
def test_one_that_takes_the_process_with_it_is_one_clear_error(history, server, database, body, children):
    with pytest.raises(ProofError, match="process that runs the revisions is gone: revision 0001"):
        upgrade(history(body), server.url(database))
    assert children() == set()


def test_a_revision_that_fails_to_load_harms_no_other(history, server, database):
    ini = history("pass", "pass")
    path = ini.parent / "migrations" / "versions" / "0001.py"
    path.write_text(path.read_text().replace("import os", "import os; os.environ['AT_IMPORT']", 1))
    done = upgrade(ini, server.url(database))
    assert done.applied == ("0002",) and done.failed[0].where.endswith("0001.py:1")
    assert "--pass-env AT_IMPORT" in done.failed[0].do


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"pass_env": ("NOT_SET_HERE",)}, "--pass-env NOT_SET_HERE: it is not set here"),
        ({"python": Path("/nosuch/python")}, "--python /nosuch/python: no such program"),
        ({"skip": frozenset({"9999"})}, "--skip 9999: there is no such revision"),
    ],
)
def test_options_that_mean_nothing_are_refused(history, server, database, options, complaint):
    with pytest.raises((UsageError, RevisionError), match=complaint):
        upgrade(history("pass"), server.url(database), options=RunOptions(**options))


def test_an_interpreter_without_alembic_says_what_is_missing(history, server, database, tmp_path):
    import subprocess

    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    bare = tmp_path / "bare" / "bin" / "python"
    with pytest.raises(RevisionError, match="No module named 'alembic'") as refused:
        upgrade(history("pass"), server.url(database), options=RunOptions(python=bare))
    assert "--python" in refused.value.do and not isinstance(refused.value, RevisionFailure)


def test_it_runs_as_an_owner_without_rights_and_gets_the_extensions_that_do_no_harm(history, server):
    ini = history(
        "op.execute('CREATE EXTENSION pg_buffercache')\nop.execute('CREATE EXTENSION pg_trgm')",
        "op.execute('CREATE EXTENSION file_fdw')",
        "op.execute(\"COPY pg_class TO PROGRAM 'true'\")",
        "op.execute(\"SELECT pg_read_file('PG_VERSION')\")",
        "op.execute('SET ROLE postgres')",
    )
    with scratch_database(server.url(), "CREATE TABLE t ()") as scratch:
        done = upgrade(ini, scratch.url, superuser=scratch.superuser)
        with scratch.connect() as connection:
            owner = connection.execute(
                "SELECT rolname, rolsuper FROM pg_roles JOIN pg_class ON relowner = pg_roles.oid WHERE relname = 't'"
            )
            name, is_super = owner.fetchone()
    assert done.applied == ("0001",) and done.made == ("extension pg_buffercache",) and not is_super
    assert [error.revision for error in done.failed] == ["0002", "0003", "0004", "0005"]
    assert [error.what for error in done.failed if "without any further right" not in error.do] == []
    with server.connect() as connection:
        assert connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (name,)).fetchone() is None


def test_it_finds_no_way_to_the_superuser(history):
    """It may read where the server listens and who its superuser is, and gets in as nobody but itself."""
    body = "import psycopg\nhost = op.get_bind().engine.url.query['host']\n"
    body += "try:\n    psycopg.connect(host=host, port=5432, user='pgadvisor', dbname='postgres')\n"
    body += "except psycopg.OperationalError as error:\n    assert 'no password supplied' in str(error)\n"
    body += "else:\n    raise AssertionError('logged in as superuser')"
    done = []
    with start_twin(
        Snapshot("", Statistics(), {}, 180000), prepare=lambda url, _: done.append(upgrade(history(body), url))
    ):
        pass
    assert [str(error) for error in done[0].failed] == [] and done[0].applied == ("0001",)
