"""Connection URLs and strings: read strictly, and kept out of every message.

What is no well-formed connection string is never shown, not even in part: a slip (an `@` in the password, a driver's
prefix, a quote too many) puts the password where a host, a port or a file name is expected, and a driver's own
message repeats it. Of a well-formed one, messages name host, port and database alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from advisor.errors import UsageError

CONNECT_TIMEOUT_S = 10
APPLICATION = "advisor"
"""First word of the name that our sessions bear."""
MARK = "/* advisor */"
"""Stands in our statements on tables, so that they are known for ours in whatever log or export they are found."""

_SECRETS = ("password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key")
_SHOWN = frozenset({"host", "hostaddr", "port", "dbname", "application_name", "connect_timeout"})
_SCHEME = re.compile(r"(?i)^['\"]?(jdbc:)?(postgres|postgresql|mysql|mariadb|mssql|oracle|redis|mongodb)(\+\w+)*:")
_KEYWORD = re.compile(r"(?i)(?:^|[\s'\"])(?:host|hostaddr|port|user|dbname|service|passfile|sslmode|options) *=")
_PASSWORD = re.compile(r"(?i)passw(?:or)?d *=|\bpwd *=")
_DRIVER = re.compile(r"^postgres(ql)?\+\w+://")
_HOST = re.compile(r"[A-Za-z0-9_.\-]*|[0-9A-Fa-f:.]+(%\w+)?|[/@].*", re.DOTALL)
_PORT = re.compile(r"\d{0,5}")


def is_conninfo(text: str) -> bool:
    """Return whether a word is meant as a database URL or connection string, well-formed or not."""
    text = text.strip()
    login, at, _ = text.rpartition("@")  # user:password@host, without a scheme
    bare = bool(at) and ":" in login and "://" not in login and not any(map(str.isspace, login))
    return bool(bare or _SCHEME.match(text) or _KEYWORD.search(text) or _PASSWORD.search(text))


def connection_parameters(text: str) -> dict[str, Any]:
    """Return the parameters of a connection URL or string; SQLAlchemy's `postgresql+driver://` is understood.

    Raises `UsageError`, which repeats no part of it, for what is none, and for what reads as one by accident: a raw
    `@` or `/` in a password ends the host early.
    """
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    plain = _DRIVER.sub("postgresql://", text.strip())
    try:
        parameters = conninfo_to_dict(plain)
    except (psycopg.Error, ValueError):
        parameters = {}
    if not parameters or not _well_formed(plain, parameters):
        raise UsageError(
            "this is not a PostgreSQL connection URL",  # the text stays out of the message: it may hold a password
            do="write it as postgresql://user@host:5432/database, with %40 for @ and %2F for / inside a part, "
            "and keep the password in PGPASSWORD or ~/.pgpass",
        )
    return {"connect_timeout": CONNECT_TIMEOUT_S, **parameters, "application_name": APPLICATION}


def _well_formed(text: str, parameters: Mapping[str, Any]) -> bool:
    hosts = f"{parameters.get('host') or ''},{parameters.get('hostaddr') or ''}".split(",")
    ports = str(parameters.get("port") or "").split(",")
    if not all(map(_HOST.fullmatch, hosts)) or not all(map(_PORT.fullmatch, ports)):
        return False
    scheme, found, rest = text.partition("://")
    if not found or not scheme.isalpha():
        return True
    before_query = rest.partition("?")[0]
    return before_query.count("@") == before_query.partition("/")[0].count("@") <= 1


def public_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters without those that are secret."""
    return {name: value for name, value in parameters.items() if name not in _SECRETS}


def password_in(parameters: Mapping[str, Any]) -> bool:
    """Return whether the connection string itself holds a password."""
    return any(parameters.get(name) for name in _SECRETS)


def place(parameters: Mapping[str, Any]) -> str:
    """Return `host:port/database` for messages."""
    host = parameters.get("host") or parameters.get("hostaddr") or "localhost"
    return f"{host}:{parameters.get('port', 5432)}/{parameters.get('dbname') or parameters.get('user') or ''}"


def url_of(parameters: Mapping[str, Any]) -> str:
    """Return connection parameters as a URL that psql, psycopg and SQLAlchemy read."""
    given = {name: str(value) for name, value in parameters.items() if value is not None}
    user, password, database = given.pop("user", ""), given.pop("password", ""), given.pop("dbname", "")
    secret = f":{quote(password, safe='')}" if password else ""
    login = f"{quote(user, safe='')}{secret}@" if user or secret else ""
    return f"postgresql://{login}/{quote(database, safe='')}?{urlencode(sorted(given.items()))}"


def server_message(error: Exception, parameters: Mapping[str, Any]) -> str:
    """Return the first line of what a driver or server said, without the values that the connection string gave it.

    Host, port and database may stay: they are what `place` names.
    """
    diagnosis = getattr(error, "diag", None)
    message = str(getattr(diagnosis, "message_primary", None) or error).strip()
    message = message.splitlines()[0] if message else type(error).__name__
    values = {str(value) for name, value in parameters.items() if name not in _SHOWN and value}
    return _without(message, values)


def concealed(message: str, words: Iterable[str]) -> str:
    """Return a message without those of the words (of a command line, say) that are meant as connection strings.

    Whole words go, as a path library writes them too, and so does what stands in one as its password.
    """
    hidden: set[str] = set()
    for word in words:
        if is_conninfo(word):
            hidden |= {word, word.strip(), str(Path(word)), repr(word)[1:-1]}
        hidden.update(re.findall(r"//[^/:@]*:(.*)@", word))
        hidden.update(re.findall(r"(?i)(?:passw(?:or)?d|pwd) *= *'?([^\s'&]+)", word))
    return _without(message, hidden)


def _without(message: str, values: Iterable[str]) -> str:
    """Return the message with `…` for each value that stands in it as words of its own, the longest first."""
    for value in sorted(values, key=lambda one: (-len(one), one)):
        message = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "…", message) if value else message
    return message
