"""pg_dump within our own timeouts: it turns `statement_timeout` off for itself, so each statement is watched here."""

from __future__ import annotations

import secrets
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from advisor.capture.conninfo import place, public_parameters
from advisor.capture.read_only_session import STATEMENT_TIMEOUT_MS, read_only_session
from advisor.errors import ServerError

STATEMENT_S = STATEMENT_TIMEOUT_MS / 1000
"""Longest time for one statement of pg_dump, in seconds."""
WHOLE_S = 900.0
"""Longest time for all of them: a catalog of a hundred thousand tables takes minutes."""

_GRACE_S = 10.0
_AGE = """
SELECT pg_catalog.max(extract(epoch FROM pg_catalog.clock_timestamp() - a.query_start))::pg_catalog.float8
  FROM pg_catalog.pg_stat_activity AS a
 WHERE a.application_name = %s AND a.state = 'active'
"""


def run_pg_dump(
    command: Sequence[str],
    environment: Mapping[str, str],
    parameters: Mapping[str, Any],
    *,
    statement_s: float = STATEMENT_S,
    whole_s: float = WHOLE_S,
) -> subprocess.CompletedProcess[str]:
    """Run pg_dump on the server of `parameters` and return what it printed.

    Raises `ServerError` when one of its statements takes longer than `statement_s` or all of them longer than
    `whole_s`; what runs is cancelled on the server then.
    """
    name = f"advisor pg_dump {secrets.token_hex(4)}"
    public = {key: value for key, value in public_parameters(parameters).items() if key != "options"}
    with subprocess.Popen(
        [*command, "--dbname", make_conninfo(**{**public, "application_name": name})],
        env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        encoding="utf-8", errors="replace",
    ) as process:  # fmt: skip
        try:
            stdout, stderr = _output(process, name, parameters, statement_s, whole_s)
        except BaseException:
            _stop(process)
            raise
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def _output(
    process: subprocess.Popen[str], name: str, parameters: Mapping[str, Any], statement_s: float, whole_s: float
) -> tuple[str, str]:
    end = time.monotonic() + whole_s
    while True:
        try:
            return process.communicate(timeout=statement_s / 2)
        except subprocess.TimeoutExpired:
            if (late := time.monotonic() > end) or _age_s(name, parameters) > statement_s:
                what = f"pg_dump was not done after {whole_s:g} s" if late else (
                    f"a statement of pg_dump ran for more than {statement_s:g} s and was cancelled")  # fmt: skip
                do = "a migration may hold a lock; run it again at a quieter time"
                raise ServerError(what, where=place(parameters), do=do) from None


def _age_s(name: str, parameters: Mapping[str, Any]) -> float:
    """Return for how long pg_dump's statement has run, 0 where that cannot be asked."""
    try:
        with read_only_session(make_conninfo(**parameters)) as connection:
            row = connection.execute(_AGE, (name,)).fetchone()
    except (ServerError, psycopg.Error):
        return 0.0
    return float(row[0] or 0.0) if row else 0.0


def _stop(process: subprocess.Popen[str]) -> None:
    """End pg_dump the way that makes it cancel its statement: the server does not notice a killed client."""
    process.terminate()
    try:
        process.communicate(timeout=_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
