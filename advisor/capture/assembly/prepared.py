"""SQL-level EXECUTE resolved to the statement that PREPARE gave a name, with the values it was executed with."""

from __future__ import annotations

import re

PREPARE = re.compile(
    rb'\bprepare\s+(?:"(?:[^"]|"")+"|[^\s("]+)\s*(?:\((?:[^()]|\([^()]*\))*\))?\s+as\s+(.*)', re.I | re.S
)
EXECUTE = re.compile(rb'\s*execute\s+(?:"(?:[^"]|"")+"|[^\s("]+)\s*(?:\((.*)\))?\s*;?\s*$', re.I | re.S)
ARGUMENT = re.compile(
    rb"\s*(?:(?P<null>null)|(?P<string>[eE]?'(?:[^'\\]|''|\\.)*')|(?P<word>[+-]?[0-9][0-9.eE+-]*|true|false))"
    rb'\s*(?:::\s*[A-Za-z_][\w." ]*(?:\([0-9, ]*\))?(?:\[\])?)?\s*(?:,|$)',
    re.I | re.S,
)


def resolve(text: bytes, detail: bytes) -> tuple[bytes, bytes | None] | None:
    """Return the prepared statement and the listing of its values; nothing when the text is no EXECUTE.

    The listing is `None` when a value is an expression: then it is not known.
    """
    execute = EXECUTE.match(text)
    prepared = PREPARE.search(detail)
    if execute is None or prepared is None:
        return None
    return prepared[1].rstrip().removesuffix(b";"), _listing(execute[1] or b"")


def _listing(arguments: bytes) -> bytes | None:
    values: list[bytes] = []
    place = 0
    while place < len(arguments):
        match = ARGUMENT.match(arguments, place)
        if match is None or match.end() == place:
            return None
        values.append(_value(match))
        place = match.end()
    return b", ".join(b"$%d = %s" % (number, value) for number, value in enumerate(values, 1))


def _value(match: re.Match[bytes]) -> bytes:
    if match["null"]:
        return b"NULL"
    if match["word"]:
        return b"'" + match["word"] + b"'"
    string = match["string"]
    if string[:1] in b"eE":
        return re.sub(rb"\\(.)", lambda escape: escape[1], string[1:], flags=re.S)
    return string
