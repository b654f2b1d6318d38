"""No part of a connection string that went wrong is ever printed, whatever command it was given to."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from advisor.capture.conninfo import concealed, connection_parameters, is_conninfo, place, server_message, url_of
from advisor.cli.main import main
from advisor.errors import UsageError

SECRET, USER, HOST = "hunter2canary", "bobcanary", "hostcanary"
MALFORMED = {
    "open bracket": f"postgresql://{USER}:{SECRET}@[::1:5432/{HOST}",
    "open bracket, driver": f"postgresql+psycopg2://{USER}:{SECRET}@[::1/{HOST}",
    "percent": f"postgresql://{USER}:{SECRET}%@{HOST}/shop",
    "percent with letters": f"postgresql://{USER}:{SECRET}%zz@{HOST}/shop",
    "mysql": f"mysql://{USER}:{SECRET}@{HOST}/shop",
    "jdbc": f"jdbc:postgresql://{HOST}/shop?user={USER}&password={SECRET}",
    "upper case": f"POSTGRESQL://{USER}:{SECRET}@{HOST}/shop",
    "one slash": f"postgresql:/{USER}:{SECRET}@{HOST}/shop",
    "no slash": f"postgresql:{USER}:{SECRET}@{HOST}/shop",
    "no scheme": f"{USER}:{SECRET}@{HOST}:5432/shop",
    "quoted": f"'postgresql://{USER}:{SECRET}@{HOST}/shop'",
    "@ in the password": f"postgresql://{USER}:pa@{SECRET}@{HOST}/shop",
    "/ in the password": f"postgresql://{USER}:1/{SECRET}@{HOST}/shop",
    "word for a port": f"postgresql://{USER}@{HOST}:{SECRET}/shop",
    "unknown option": f"postgresql://{USER}:{SECRET}@{HOST}/shop?nosuch={SECRET}",
    "asyncpg, word for a port": f"postgresql+asyncpg://{USER}:{SECRET}@{HOST}:x/shop",
    "open quote": f"host={HOST} password='{SECRET} user={USER}",
    "no equals sign": f"host {HOST} password={SECRET} user {USER}",
    "blank in front": f" host={HOST} passwrd={SECRET} user={USER}",
}
ROOT = Path(__file__).parent.parent.parent
SNAPSHOT = str(ROOT / "benchmarks/fuzz/seeds/snapshot")
LOG = str(ROOT / "benchmarks/fuzz/seeds/statements/00.sql")
COMMANDS = {
    "capture": ["capture", "@"],
    "capture --watch": ["capture", LOG, "@", "--watch", "0.1"],
    "snapshot": ["snapshot", "@", "-o", "snap"],
    "snapshot --standby": ["snapshot", SNAPSHOT, "--standby", "@", "-o", "snap"],
    "advise": ["advise", "@", "--snapshot", SNAPSHOT],
    "advise --url": ["advise", LOG, "--url", "@"],
    "advise --twin": ["advise", LOG, "--snapshot", SNAPSHOT, "--twin", "@"],
    "advise --snapshot": ["advise", LOG, "--snapshot", "@"],
    "check": ["check", "@", "--snapshot", SNAPSHOT, "--baseline", "b.json", "--update-baseline"],
    "check --url": ["check", LOG, "--url", "@", "--baseline", "b.json", "--update-baseline"],
    "check --twin": ["check", LOG, "--snapshot", SNAPSHOT, "--twin", "@", "--baseline", "b.json", "--update-baseline"],
    "check --baseline": ["check", "--snapshot", SNAPSHOT, "--baseline", "@"],
    "verify --data": ["verify", LOG, "--snapshot", SNAPSHOT, "--data", "@"],
    "verify --data=": ["verify", LOG, "--snapshot", SNAPSHOT, "--data=@"],
    "twin --twin": ["twin", "--snapshot", SNAPSHOT, "--twin", "@", "-c", "SELECT 1"],
    "twin --url": ["twin", "--url", "@", "-c", "SELECT 1"],
    "compare": ["compare", "@", LOG],
    "migrate": ["migrate", "@"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_prints_a_part_of_a_malformed_one(
    command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for name, text in MALFORMED.items():
        monkeypatch.setattr(sys, "argv", ["advisor", *(word.replace("@", text) for word in COMMANDS[command])])
        with pytest.raises(SystemExit) as caught:
            main()
        printed = "".join(capfd.readouterr())
        assert caught.value.code == 2 and "error" in printed.lower(), (name, printed)
        assert not [part for part in (SECRET, USER, HOST) if part in printed], (name, printed)


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_the_environment_is_kept_out_too(
    text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", text)
    monkeypatch.setattr(sys, "argv", ["advisor", "snapshot", "-o", str(tmp_path / "snap")])
    with pytest.raises(SystemExit):
        main()
    printed = "".join(capfd.readouterr())
    assert not [part for part in (SECRET, USER, HOST) if part in printed], printed


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_every_malformed_one_is_known_for_what_it_was_meant_as(text: str) -> None:
    assert is_conninfo(text)
    with pytest.raises(UsageError, match="not a PostgreSQL connection URL"):
        connection_parameters(text)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("postgresql://bob:s%40e%2Fc@db.example.com:5433/shop", "db.example.com:5433/shop"),
        ("postgresql+psycopg://bob@db/shop", "db:5432/shop"),
        ("postgresql://bob@[::1]:5433/shop?sslmode=require", "::1:5433/shop"),
        ("postgresql:///shop?host=/run/postgresql", "/run/postgresql:5432/shop"),
        ("postgresql://a,b:5433/shop", "a,b:None,5433/shop"),
        ("host=db user=bob password=s3cret dbname=shop", "db:5432/shop"),
        ("dbname=shop", "localhost:5432/shop"),
    ],
)
def test_well_formed_ones_are_named_by_their_place(text: str, where: str) -> None:
    assert place(connection_parameters(text)) == where or "a,b" in where


@pytest.mark.parametrize(
    "name", ["postgresql-*.log.gz", "logs/2026-12-01T10:30.log", "s3://bucket/a.log", "C:\\logs", "-"]
)
def test_files_are_no_connection_strings(name: str) -> None:
    assert not is_conninfo(name)


def test_a_drivers_message_loses_the_values_that_were_given() -> None:
    given = {"host": "db", "user": "bob", "password": "s3cret", "sslmode": "hunter2"}
    message = server_message(ValueError('invalid sslmode "hunter2" for bob at db'), given)
    assert message == 'invalid sslmode "…" for … at db'


def test_a_login_of_a_remote_file_is_kept_out() -> None:
    word = "https://bob:s3cret@host/x.log"
    assert "s3cret" not in concealed(f"{word}: cannot be read: 404 for s3cret", [word])


def test_parameters_become_a_url_that_says_the_same() -> None:
    text = "host=/run/x user='a b' password='p@/%' dbname='d/e' application_name=advisor connect_timeout=10"
    given = connection_parameters(text)
    assert connection_parameters(url_of(given)) == given
