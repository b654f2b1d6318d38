"""Mutations of bytes: what disks, editors, transports and spiteful people do to a file."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

AWKWARD = (
    b"\0", b"\0\0\0\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xff\xfe", b"\r", b"\r\n", b"\n\t", b"\n\n",
    b'"', b"'", b"''", b"\\", b"\\\\", b"\\u0000", b"\\ud800", b"`", b"$$", b"$1", b"$99999999999", b"%", b"%%", b"%s",
    b"/*", b"*/", b"--", b";", b",", b"\t", b"|", b":", b"::error::x", b"{", b"}", b"[", b"]", b"(", b")", b"()" * 40,
    b"(" * 300, b"[" * 300, b"{" * 50, b" " * 40, b"\n" * 30, b"-1", b"0", b"1e999", b"-1e999", b"NaN", b"Infinity", b"null",
    b"true", b"9" * 30, b"9223372036854775808", b"0.0000000001", b"1970-01-01 00:00:00", b"99999-99-99 99:99:99.999 XXX",
    b"0001-01-01 00:00:00 UTC", b"294276-12-31", b"infinity", "‮".encode(), "\u2028".encode(), b"\x1b[31m", b"\x9b",
    "İ".encode(), "ß".encode(), "Σ".encode(), b"\xf0\x9f\x98\x80", b"LOG:  ", b"ERROR:  ", b"STATEMENT:  ", b"DETAIL:  ",
    b"duration: ", b"duration: 1e5 ms  ", b"duration: 99999999999999999.999 ms  statement: ", b"statement: ", b"execute : ",
    b"parameters: $1 = '", b"parameters: $1 = NULL", b"Query Text: ", b"[unknown]", b"\n-- \n", b"\n\\.\n", b"\nCOPY x FROM stdin;\n",
)  # fmt: skip
"""Pieces that readers stumble over."""

LARGEST = 200_000
"""Bytes beyond which a mutated file is cut: size has tests of its own."""

Mutation = Callable[[random.Random, bytes], bytes]


def _place(rng: random.Random, data: bytes) -> int:
    return rng.randint(0, len(data))


def _span(rng: random.Random, data: bytes) -> tuple[int, int]:
    begin = _place(rng, data)
    return begin, min(len(data), begin + int(rng.expovariate(1 / 20)) + 1)


def flip(rng: random.Random, data: bytes) -> bytes:
    """Change a few bytes."""
    changed = bytearray(data)
    for _ in range(min(len(changed), rng.choice((1, 1, 2, 5)))):
        changed[rng.randrange(len(changed))] = rng.choice((rng.randrange(256), rng.randrange(32, 127), 0))
    return bytes(changed)


def insert(rng: random.Random, data: bytes) -> bytes:
    """Put an awkward piece somewhere."""
    place = _place(rng, data)
    return data[:place] + rng.choice(AWKWARD) + data[place:]


def replace(rng: random.Random, data: bytes) -> bytes:
    """Put an awkward piece in the place of something."""
    begin, end = _span(rng, data)
    return data[:begin] + rng.choice(AWKWARD) + data[end:]


def delete(rng: random.Random, data: bytes) -> bytes:
    """Leave something out."""
    begin, end = _span(rng, data)
    return data[:begin] + data[end:]


def truncate(rng: random.Random, data: bytes) -> bytes:
    """Keep the beginning, or the end."""
    place = _place(rng, data)
    return data[:place] if rng.random() < 0.7 else data[place:]


def repeat(rng: random.Random, data: bytes) -> bytes:
    """Write something many times."""
    begin, end = _span(rng, data)
    return data[:begin] + data[begin:end] * rng.choice((2, 3, 20, 400)) + data[end:]


def lines(rng: random.Random, data: bytes) -> bytes:
    """Drop, double, swap or join lines."""
    rows = data.split(b"\n")
    first, second = rng.randrange(len(rows)), rng.randrange(len(rows))
    what = rng.randrange(4)
    if what == 0:
        del rows[first]
    elif what == 1:
        rows.insert(second, rows[first])
    elif what == 2:
        rows[first], rows[second] = rows[second], rows[first]
    elif len(rows) > 1:
        rows[first - 1 : first + 1] = [b"".join(rows[first - 1 : first + 1])]
    return b"\n".join(rows)


def numbers(rng: random.Random, data: bytes) -> bytes:
    """Change a number into another one."""
    digits = [place for place, byte in enumerate(data[:20_000]) if 48 <= byte <= 57]
    if not digits:
        return data
    begin = end = rng.choice(digits)
    while end < len(data) and 48 <= data[end] <= 57:
        end += 1
    drawn = rng.choice((b"0", b"-1", b"1e308", b"1e400", b"", b"9" * 25, b"0.5", b"18446744073709551616", b"NaN", b"x"))
    return data[:begin] + drawn + data[end:]


def recode(rng: random.Random, data: bytes) -> bytes:
    """Save it in another encoding, or with other line ends."""
    text = data.decode("utf-8", "replace")
    encoding = rng.choice(("utf-16", "utf-16-le", "utf-8-sig", "cp1252", "utf-32", "crlf", "cr"))
    if encoding.startswith("cr"):
        return data.replace(b"\n", b"\r\n" if encoding == "crlf" else b"\r")
    return text.encode(encoding, "replace")


def splice(rng: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Go on with another file of the corpus from somewhere."""
    other = rng.choice(others)
    return data[: _place(rng, data)] + other[_place(rng, other) :]


MUTATIONS: Sequence[Mutation] = (
    flip,
    insert,
    insert,
    replace,
    replace,
    delete,
    truncate,
    repeat,
    lines,
    lines,
    numbers,
    recode,
)


def mutated(rng: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Return the file after one to six mutations."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        if rng.random() < 0.06:
            data = splice(rng, data, others)
        else:
            data = rng.choice(MUTATIONS)(rng, data) if data else rng.choice(AWKWARD)
    return data[:LARGEST]
