"""What cannot be is refused before any work, and the command line behaves alike everywhere."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from advisor.cli.main import SUMMARIES, advisor_group
from advisor.errors import AdvisorError

NOWHERE = "/nosuchfolder/file"
INI = "[alembic]\nscript_location = %(here)s/migrations\n"


def refused(*arguments: object) -> str:
    result = CliRunner().invoke(advisor_group, ["--isolated", *map(str, arguments)])
    assert isinstance(result.exception, AdvisorError), result.output
    return str(result.exception)


ADVISE = ("advise", "nosuch.log", "--snapshot", "nosuch")
CHECK = ("check", "nosuch.log", "--snapshot", "nosuch", "--baseline", "nosuch.json")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((*ADVISE, "--select", "NPO,NOPE"), "there is no rule NOPE"),
        ((*ADVISE, "--select", ""), "an empty word means no rule"),
        ((*ADVISE, "--ignore", "n-plus-on"), "did you mean n-plus-one?"),
        ((*ADVISE, "--format", "yaml"), "unknown format 'yaml'"),
        ((*ADVISE, "--output-file", NOWHERE), f"{NOWHERE}: cannot be written: there is no folder /nosuchfolder"),
        ((*ADVISE, "--save", "/tmp"), "/tmp: cannot be written: it is a folder"),
        ((*ADVISE, "--baseline", NOWHERE, "--update-baseline"), "cannot be written"),
        ((*ADVISE, "--baseline", NOWHERE), "there is no such file"),
        ((*ADVISE, "--write", "--alembic", "nosuch.ini"), "there is no Alembic configuration"),
        ((*CHECK, "--format", "yaml"), "unknown format 'yaml'"),
        ((*CHECK[:-1], NOWHERE, "--update-baseline"), "cannot be written"),
        ((*CHECK, "--update-baseline", "--alembic", "nosuch.ini"), "there is no Alembic configuration"),
        (("capture", "nosuch.log", "-o", NOWHERE), "cannot be written"),
        (("snapshot", "nosuch", "-o", "/dev/null/folder"), "cannot be written: /dev/null is no folder"),
        (("verify", "x.log", "--snapshot", "nosuch", "--report", NOWHERE), "there is no such file"),
        (("migrate", NOWHERE), "there is no such file"),
        (("report", NOWHERE), "there is no such file"),
        (("report", "a.json", "-o", NOWHERE), "cannot be written"),
        (("report", "a.json", "b.json", "--before", "c.json"), "--before compares with one report"),
    ],
)
def test_what_cannot_be_is_refused_before_any_work(arguments: tuple[str, ...], complaint: str) -> None:
    message = refused(*arguments)
    assert complaint in message and "do: " in message


def test_a_history_with_two_heads_is_refused_before_any_work(tmp_path: Path) -> None:
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    for name in ("one", "two"):
        (versions / f"{name}.py").write_text(f"revision = {name!r}\ndown_revision = None\n")
    (tmp_path / "alembic.ini").write_text(INI)
    assert "2 heads: one, two" in refused(*ADVISE, "--write", "--alembic", tmp_path / "alembic.ini")


def test_options_for_revisions_that_cannot_be_are_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "migrations" / "versions").mkdir(parents=True)
    (tmp_path / "alembic.ini").write_text(INI)
    given = (*CHECK, "--update-baseline", "--alembic", tmp_path / "alembic.ini")
    assert "--pass-env NOT_SET_HERE: it is not set here" in refused(*given, "--pass-env", "NOT_SET_HERE")
    assert "--python /nosuch: no such program" in refused(*given, "--python", "/nosuch")
    assert "--skip 7: there is no such revision" in refused(*given, "--skip", "7")


def test_a_database_in_which_nothing_ran_is_refused_with_those_seen(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    line = "2024-01-01 00:00:0{}.000 UTC [{}] me@{}/app LOG:  duration: 1.0 ms  statement: SELECT {}\n"
    log.write_text("".join(line.format(n, n + 1, ("shop", "blog")[n % 2], n) for n in range(8)))
    given = ("capture", log, "--log-line-prefix", "%m [%p] %u@%d/%a ", "--jobs", 1)
    assert "no query ran in database 'shp'" in refused(*given, "--database", "shp")
    assert "use one of: blog, shop" in refused(*given, "--database", "shp")
    assert CliRunner().invoke(advisor_group, [*map(str, given), "--database", "shop"]).exit_code == 0


@pytest.mark.parametrize("name", SUMMARIES)
def test_every_command_takes_verbose(name: str) -> None:
    for option in ("-v", "--verbose"):
        result = CliRunner().invoke(advisor_group, ["--isolated", name, option, "--help"])
        assert result.exit_code == 0 and "-v, --verbose" in result.output


def test_the_gates_codes_have_pages() -> None:
    page = CliRunner().invoke(advisor_group, ["--isolated", "rule", "PLN001"]).output
    assert page == CliRunner().invoke(advisor_group, ["--isolated", "rule", "index-lost"]).output
    assert page.startswith("# index-lost (PLN001)\n")


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_with_one_word(sent: signal.Signals, status: int) -> None:
    command = [sys.executable, "-m", "advisor", "--isolated", "capture", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        caught = f"/proc/{process.pid}/status"
        mask = 1 << (signal.SIGTERM - 1)
        while not int(Path(caught).read_text().split("SigCgt:")[1].split()[0], 16) & mask:
            time.sleep(0.01)
        process.send_signal(sent)
        out, err = process.communicate()
    assert (process.returncode, out, err.strip()) == (status, b"", b"interrupted")
