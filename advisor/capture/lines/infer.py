"""Infers `log_line_prefix` from the lines of a log.

Each line's prefix is cut into tokens of known form (times, session ids, addresses, numbers, words); the shortest
common sequence of forms becomes the candidate, next to prefixes known from managed services; what fits most lines wins.

    2026-01-15 10:00:00.123 UTC [4711] alice@shop LOG:  duration: 1.2 ms …
    '----------- m -----------'  '-n-'  word @word
    %m [%p] %u@%d                 a number between brackets: pid or line number, told apart by `infer_numbers`

A candidate's score is the share of lines that its exact pattern fits whole, less where a free field (user, database,
application) swallows what another escape stands for; below `ENOUGH` none is taken.
Of two that fit alike the known one wins, then the first; where two readings fit alike and differ, the guess carries
both as doubts and the report says that it is ambiguous.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from advisor.capture.lines.infer_numbers import session_and_line
from advisor.capture.lines.prefix import exact_pattern
from advisor.capture.lines.server_messages import Language, english

KNOWN = (
    "%m [%p] ",
    "%t [%p] ",
    "%m [%p] %q%u@%d ",
    "%t:%r:%u@%d:[%p]:",
    "%m:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a",
    "%t-%c-",
    "%m [%p] %q[user=%u,db=%d,app=%a] ",
    "%m [%p] %q[user=%u,db=%d,app=%a,client=%h] ",
    "[%p]: [%l-1] db=%d,user=%u ",
    "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
    "%m [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
    "%m [%p]: [%l] [trx_id=%x] user=%u,db=%d ",
    "%m %p ",
    "%t ",
    "",
)
"""Prefixes of managed services and common guides."""

LINES = 600
"""Lines looked at."""

LONGEST = 600
"""Bytes that stand before a severity at most: what is longer is no prefix."""

TOKENS_LIMIT = 120
"""Tokens of a line's beginning at most."""

STOPS = 30
"""Places looked at for `%q` at most."""

ENOUGH = 0.5
"""Least share of lines a prefix must fit."""

STAMP = r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d"
ZONE = r" (?:[A-Z][A-Za-z]{1,5}|[+-]\d\d(?::?\d\d)?)"
BACKENDS = (
    "client backend|autovacuum worker|autovacuum launcher|background writer|background worker|checkpointer|walwriter"
    "|walsender|walreceiver|startup|archiver|logger|postmaster|parallel worker|io worker"
    "|logical replication (?:launcher|worker)"
)
TOKENS = re.compile(
    rf"(?P<m>{STAMP}\.\d{{3}}{ZONE})|(?P<t>{STAMP}{ZONE})|(?P<n>\b\d{{10}}\.\d{{3}}\b)"
    r"|(?P<c>\b[0-9a-f]{6,}\.[0-9a-f]{1,8}\b)|(?P<v>\b\d+/\d+\b)"
    r"|(?P<r>(?:\d+\.\d+\.\d+\.\d+|[0-9a-f:]*::[0-9a-f:]*|[A-Za-z][\w.-]*)\(\d+\))"
    rf"|(?P<h>\b\d+\.\d+\.\d+\.\d+\b|\[local\])|(?P<b>\b(?:{BACKENDS})\b)|(?P<e>\b00000\b)"
    r"|(?P<number>(?:(?<![\w\])])-)?\d+(?![\w.@+]|-\d*[A-Za-z]))"
    r"|(?P<value>(?<=\w=)\[unknown\]|(?<=\w=)(?:(?!,| \w+=|[\])}|;]|  | $).)+)"
    r"|(?P<word>\[unknown\]|[\w.+-]+@[\w-]+\.[\w.-]+|[^\s@<>()\[\]{}|,;=]+@[^\s@]+(?=@)|[^\s\[\](){}<>,;:=@|\"'/%-][^\s\[\](){}<>,;:=@|\"'/%]*)"
    r"|(?P<pad> {2,})|(?P<mark>.)",
    re.S,
)  # fmt: skip

LABELS = {
    "u": ("user", "usr", "username", "u"),
    "d": ("db", "database", "dbname", "d"),
    "a": ("app", "application", "application_name", "appname", "a"),
    "h": ("client", "host", "remote", "h", "ip", "addr"),
    "p": ("pid", "p"),
    "l": ("line", "l", "num", "ln", "seq"),
    "c": ("session", "c", "sess", "session_id", "sid"),
    "x": ("xid", "txid", "x", "trx_id", "tx"),
    "v": ("vxid", "v", "vtx"),
    "e": ("sqlstate", "e", "error", "state", "code", "err"),
    "Q": ("query_id", "queryid", "qid", "q"),
    "b": ("backend", "b", "type", "backend_type"),
}
"""Words before `=` and what they announce."""

LABEL = {word: letter for letter, words in LABELS.items() for word in words}

Token = tuple[str, str]
"""Form and text of a token."""


class Guess(NamedTuple):
    """A prefix, and what of it might as well be otherwise."""

    prefix: str
    doubts: tuple[str, ...] = ()
    """Sentences."""
    line: str = ""
    """The beginning of a line that it fits."""


def infer_prefix(head: bytes, language: Language | None = None) -> Guess | None:
    """Return the `log_line_prefix` that fits the lines of a log best, `None` when none fits half of them.

    Of two that fit alike, the one that services and guides name wins.
    """
    beginnings, statements = _beginnings(head, language or english())
    if not beginnings:
        return None
    candidates = [*map(Guess, KNOWN), *_structural(statements or beginnings, beginnings)]
    scores = [score(candidate.prefix, beginnings) for candidate in candidates]
    best, place = max((share, -place) for place, share in enumerate(scores))
    guess = candidates[-place]
    pattern = re.compile(exact_pattern(guess.prefix)[0])
    line = next((line for line in statements or beginnings if pattern.fullmatch(line.encode())), "")
    return guess._replace(line=line) if best >= ENOUGH else None


def _beginnings(head: bytes, language: Language) -> tuple[list[str], list[str]]:
    """Return what stands before the severity on each line, and of these the ones that client statements wrote."""
    words = b"|".join(re.escape(word) for word in sorted(language.severities, key=len, reverse=True))
    severe = re.compile(rb"^([^\t\n].*?)??(" + words + rb"): {1,2}(?=\S)", re.M)
    spoken = re.compile(rb"(?:duration: [0-9.]|statement: |execute )")
    later = re.compile(rb"(.*)(?:" + words + rb"):  (?=duration: [0-9.]+ ms|statement: )")
    beginnings: list[str] = []
    statements: list[str] = []
    for match in severe.finditer(head):
        begin = match[1] or b""
        if len(begin) > LONGEST:
            continue
        end = head.find(b"\n", match.end())
        rest = head[match.end() : min(end if end >= 0 else len(head), match.end() + LONGEST)]
        if not spoken.match(rest) and (real := later.match(rest)):
            begin, rest = head[match.start() : match.end()] + real[1], b"duration: 0"
        beginnings.append(begin.decode("utf-8", "replace"))
        if spoken.match(rest):
            statements.append(beginnings[-1])
        if len(beginnings) >= LINES and len(statements) >= LINES // 4:
            break
    return beginnings, statements


def score(prefix: str, beginnings: Sequence[str]) -> float:
    """Return the share of lines that a prefix fits, less where its free fields swallow what other escapes stand for."""
    source, fields = exact_pattern(prefix)
    pattern = re.compile(source)
    fits = spoiled = 0
    filled: set[str] = set()
    for beginning in beginnings:
        if match := pattern.fullmatch(beginning.encode()):
            fits += 1
            filled.update(name for name, value in zip(fields, match.groups(), strict=True) if value)
            free = [
                value.decode("utf-8", "replace")
                for name, value in zip(fields, match.groups(), strict=True)
                if name in ("user", "database", "application", "backend") and value
            ]
            spoiled += any(_swallows(value) for value in free)
    twice = len(fields) - len(set(fields)) + 0.3 * ("%q" in prefix)
    return (fits - 0.6 * spoiled) / len(beginnings) + 0.001 * len(filled) - 0.01 * twice


def _swallows(value: str) -> bool:
    """Return whether a free field's value holds what must be a field of its own."""
    if value == "[unknown]":
        return False
    if any(label in LABEL for label in re.findall(r"(\w\w+)=", value)):
        return True
    return any(token.lastgroup in ("m", "t", "n", "c", "v", "r", "h") for token in TOKENS.finditer(value))


def _structural(statements: Sequence[str], beginnings: Sequence[str]) -> Iterable[Guess]:
    """Yield prefixes built from the forms of the lines' tokens."""
    tokenised = [_tokens(line) for line in statements]
    forms = Counter(_forms(tokens) for tokens in tokenised)
    least = 0.04 * len(tokenised)
    common = [form for form, count in forms.items() if count >= least and len(form) <= TOKENS_LIMIT]
    for form in sorted(common, key=lambda form: (len(form), -forms[form], form))[:4]:
        rows = [tokens for tokens in tokenised if _forms(tokens) == form]
        parts, doubts = _named(rows)
        yield Guess("".join(parts), doubts)
        stop = _stop(parts, beginnings)
        if stop is not None:
            yield Guess("".join([*parts[:stop], "%q", *parts[stop:]]), doubts)


def _tokens(line: str) -> list[Token]:
    return [(str(match.lastgroup), match.group()) for match in TOKENS.finditer(line)]


def _forms(tokens: Sequence[Token]) -> tuple[str, ...]:
    """Return the forms of a line's tokens; labels and marks stand for themselves."""
    forms: list[str] = []
    for place, (form, text) in enumerate(tokens):
        after = tokens[place + 1][1] if place + 1 < len(tokens) else ""
        if form == "mark" or (form == "word" and after == "="):
            forms.append(text)
        else:
            forms.append("number" if form == "e" else form)
    return tuple(forms)


def _named(rows: Sequence[Sequence[Token]]) -> tuple[list[str], tuple[str, ...]]:
    """Return the parts of a prefix, an escape for each field and text for what stands between, and what is doubtful."""
    columns = list(zip(*rows, strict=True))
    parts: list[str] = []
    doubts: list[str] = []
    used: set[str] = set()
    numbers, clock, pairs = _numbers(columns), _clock(columns), _pairs(columns)
    announced = _announced(columns) | set(pairs.values())
    for place, column in enumerate(columns):
        form, text = column[0]
        before = "".join(token for _, token in rows[0][max(0, place - 2) : place])
        after = columns[place + 1][0][1] if place + 1 < len(columns) else ""
        if (
            form in ("mark", "pad")
            or (form == "word" and after == "=")
            or _worded(column, before, after)
            or pairs.get(place) == ""
        ):
            parts.append(text.replace("%", "%%"))
            continue
        label = LABEL.get(before[:-1].rsplit(" ", 1)[-1].lower()) if before.endswith(("=", ":")) else pairs.get(place)
        letter = _letter(form, label, after, before, used if label else used | announced, numbers.get(place))
        letter = ("s" if clock is not None and place != clock else form) if form in ("m", "t") else letter
        if letter == "u" and _user_at_database(column, columns):
            parts.append("%u@%d")
            used.update("ud")
            continue
        if letter == "l?":
            letter, doubt = "l", "%p and %l may be exchanged: both numbers behave alike in the lines looked at"
            doubts.append(doubt)
        elif form in ("word", "value") and letter in "ud" and not label and "@" not in (after, before[-1:]):
            doubts.append(f"“{text}” may be something else than %{letter}: nothing in the line says what it is")
        parts.append(f"%{letter}")
        used.add(letter)
    return _unpadded(parts), tuple(doubts)


def _user_at_database(column: Sequence[Token], columns: Sequence[Sequence[Token]]) -> bool:
    """Return whether what is announced as a user is `%u@%d`: no other field is the database, and none is an address.

    The names of cloud accounts hold an `@`, too, but a domain behind it.
    """
    databases = [text.rpartition("@")[2] for _, text in column if "@" in text]
    return len(databases) == len(column) and "d" not in _announced(columns) and not any("." in one for one in databases)


def _clock(columns: Sequence[Sequence[Token]]) -> int | None:
    """Return the column of the line's time: the one with milliseconds, else the latest one."""
    places = [place for place, column in enumerate(columns) if column[0][0] in ("m", "t")]
    fine = [place for place in places if columns[place][0][0] == "m"]
    return max(fine or places, key=lambda place: (columns[place][-1][1], -place), default=None)


def _unpadded(parts: list[str]) -> list[str]:
    """Return the parts with spaces that pad a field as padding of its escape."""
    made: list[str] = []
    for place, part in enumerate(parts):
        before = parts[place - 1] if place else ""
        after = parts[place + 1] if place + 1 < len(parts) else ""
        spaces = part.isspace() and len(part) > (0 if after == "]" else 1)
        if spaces and before.startswith("%") and len(before) == 2 and before != "%%":
            made[-1] = f"%-{len(part) + 4}{before[1]}"
        elif spaces and after.startswith("%") and after != "%%":
            parts[place + 1] = f"%{len(part) + 4}{after[1]}"
        else:
            made.append(part)
    return made


def _worded(column: Sequence[Token], before: str, after: str) -> bool:
    """Return whether a column is fixed text: a word that announces a field, or the `-1` that many prefixes write."""
    values = {text for _, text in column}
    if len(values) > 1:
        return False
    text = next(iter(values))
    return (after == ":" and text.lower() in LABEL) or (text == "1" and before.endswith("-"))


SEPARATORS = frozenset((" - ", " = ", ": ", "= ", " : "))
"""What may stand between a word and the value that it announces, beside `=` and `:` alone."""


def _pairs(columns: Sequence[Sequence[Token]]) -> dict[int, str]:
    """Return the escapes of values that words announce by more than `=`, by place, and `""` for the words themselves.

    One such word alone may be somebody's name.
    """
    found: dict[int, str] = {}
    for place, column in enumerate(columns):
        if column[0][0] != "word" or len({text for _, text in column}) > 1 or column[0][1].lower() not in LABEL:
            continue
        value = place + 1
        while value < len(columns) and columns[value][0][0] == "mark" and value <= place + 3:
            value += 1
        between = "".join(columns[at][0][1] for at in range(place + 1, value))
        if value < len(columns) and between in SEPARATORS and value not in found:
            found |= {place: "", value: LABEL[column[0][1].lower()]}
    return found if len(found) > 2 else {}


def _announced(columns: Sequence[Sequence[Token]]) -> set[str]:
    """Return the escapes that words before `=` announce."""
    words = [column[0][1].lower() for column, following in pairwise(columns) if following[0][1] == "="]
    return {LABEL[word] for word in words if word in LABEL}


def _letter(form: str, label: str | None, after: str, before: str, used: set[str], number: str | None) -> str:
    """Return the escape letter of a field."""
    if form in ("n", "c", "v", "b", "r", "h"):
        return form
    if form in ("number", "e"):
        return label if label in ("p", "l", "x", "Q", "e") and label not in used else number or "x"
    if label and label not in used and label not in ("p", "l"):
        return label
    if after == "@" and "u" not in used:
        return "u"
    if before.endswith("@") and "d" not in used:
        return "d"
    return next((letter for letter in "uda" if letter not in used), "b")


def _numbers(columns: Sequence[Sequence[Token]]) -> dict[int, str]:
    """Return the escape letter of each column of numbers, judged by how its values behave."""
    places = [
        place
        for place, column in enumerate(columns)
        if column[0][0] in ("number", "e") and not (place and _worded(column, columns[place - 1][0][1], ""))
    ]
    values = {place: [int(text) if text.lstrip("-").isdigit() else 0 for _, text in columns[place]] for place in places}
    sessions = [[text for _, text in column] for column in columns if column[0][0] == "c"]
    found: dict[int, str] = {}
    if sessions:
        pids = [int(text.split(".")[1], 16) for text in sessions[0]]
        for place in places:
            if values[place] == pids and "p" not in found.values():
                found[place] = "p"
    rest = [place for place in places if place not in found]
    for place in rest:
        texts = {text for _, text in columns[place]}
        if any(abs(value) > 1 << 33 for value in values[place]):
            found[place] = "Q"
        elif all(len(text) == 5 for text in texts) and "00000" in texts:
            found[place] = "e"
        elif texts == {"0"}:
            found[place] = "x"
    rest = [place for place in rest if place not in found]
    known = next((place for place, letter in found.items() if letter == "p"), None)
    marked = next((place for place in rest if _before_one(columns, place)), None)
    if sessions and known is None:  # the session id holds the process id, so none of these is it
        return {**dict.fromkeys(rest, "x"), **found, **dict.fromkeys(rest[:1], "l")}
    apart = {place: values[place] for place in sorted(rest, reverse=True)}
    distinct = {tuple(column): place for place, column in apart.items()}
    reading = session_and_line({place: values[place] for place in sorted(distinct.values())}, marked, known)
    if reading is not None:
        found |= dict.fromkeys((place for place in rest if values[place] == values[reading.pid]), "p")
        if reading.line is not None:
            found[reading.line] = "l?" if reading.doubtful else "l"
    return {**dict.fromkeys(rest, "x"), **found}


def _before_one(columns: Sequence[Sequence[Token]], place: int) -> bool:
    """Return whether `-1` stands behind a column, as in `[%l-1]` of pgBadger's manual."""
    following = [{text for _, text in column} for column in columns[place + 1 : place + 3]]
    return following in ([{"-"}, {"1"}], [{"-1"}]) or following[:1] == [{"-1"}]


def _stop(parts: Sequence[str], beginnings: Sequence[str]) -> int | None:
    """Return where background processes end their prefix (`%q`), `None` when they write all of it."""
    whole = re.compile(exact_pattern("".join(parts))[0])
    left = Counter(line for line in map(str.encode, beginnings) if not whole.fullmatch(line))
    if not left or not parts:
        return None
    fits = []
    places = [place for place in range(len(parts)) if place == 0 or parts[place - 1][-1:] in " :|-"]
    for stop in places[:STOPS]:
        pattern = re.compile(exact_pattern("".join(parts[:stop]))[0])
        fits.append((sum(count for line, count in left.items() if pattern.fullmatch(line)), -stop))
    count, place = max(fits)
    return -place if count else None
