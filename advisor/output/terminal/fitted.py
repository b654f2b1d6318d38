"""A rendered text folded to a width: lines hang below their label, tables shrink, long explanations are cut short."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap

CUT = frozenset({"text", "query", "input", "index"})
"""Columns of a table that are cut; other texts in it go on below."""
GIVES_WAY = "p99 ms"
"""Heading of the column that is left out where a table is too wide: `--full` shows it."""
NARROWEST = 10
"""Characters that a column of text keeps."""
ROWS = 4
"""Lines of one cell, and of a list of facts."""
PARAGRAPH = 7
"""Lines of an explanation that are shown; of a longer one, one fewer and how many there are."""

_RULE = re.compile(r"-{2,}(?:  +-{2,})+")
_LABEL = re.compile(r"\s+[a-z ]{1,12}:? {2,}|\s+[a-z]{2,10}: +|- |note: |\s*\d+\. +")
_SERVES = re.compile(r"\s+serves +")
_THOUSANDS = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")
_FACTS = re.compile(r"\s+evidence: ")
_GOES_ON = re.compile(r" {12,}\S")


def fitted(text: str, width: int) -> str:
    """Return the text with no line longer than `width`."""
    lines = text.split("\n")
    made: list[str] = []
    number = 0
    while number < len(lines):
        if number + 1 < len(lines) and _RULE.fullmatch(lines[number + 1].rstrip()):
            end = next((place for place in range(number, len(lines)) if not lines[place].strip()), len(lines))
            made += _table(lines[number:end], width)
            number = end
        else:
            made += _line(lines[number], width)
            number += 1
    return "\n".join(_short(made))


def _line(line: str, width: int) -> list[str]:
    """Return one line folded: what comes after its label hangs below the label's end."""
    if len(line) <= width:
        return [line]
    if _SERVES.match(line):
        return [f"{line[: width - 1]}…"]
    label = _LABEL.match(line)
    indent = len(line) - len(line.lstrip())
    hang = min(label.end() if label else indent + 2, width // 2)
    parts = _wrapped(line[indent:], width, line[:indent], " " * hang)
    if _FACTS.match(line) and len(parts) > ROWS:
        parts = [*parts[: ROWS - 1], f"{' ' * hang}…"]
    return parts


def _wrapped(text: str, width: int, first: str, below: str) -> list[str]:
    kept = _THOUSANDS.sub("\0", text)  # a number is not torn apart
    lines = wrap(kept, width, initial_indent=first, subsequent_indent=below, break_on_hyphens=False)
    return [line.replace("\0", " ") for line in lines] or [first]


def _short(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines; of a long run of lines that go on below a label, the first ones."""
    for goes_on, group in groupby(lines, lambda line: bool(_GOES_ON.match(line))):
        run = list(group)
        if goes_on and len(run) > PARAGRAPH:
            yield from run[: PARAGRAPH - 1]
            yield f"{' ' * 12}… {len(run) - PARAGRAPH + 1} more lines (--full)"
        else:
            yield from run


def _table(lines: Sequence[str], width: int) -> list[str]:
    """Return a table with its columns of text made narrow enough, and one of numbers left out if need be."""
    if all(len(line) <= width for line in lines):
        return list(lines)
    spans = [match.span() for match in re.finditer(r"-{2,}", lines[1])]
    left = [_is_text(lines[0], span) for span in spans]
    rows = [_cells(line, spans) for line in lines if line != lines[1]]
    kept = [place for place, head in enumerate(rows[0]) if head.strip() != GIVES_WAY]
    rows = [[row[place] for place in kept] for row in rows]
    widths = [spans[place][1] - spans[place][0] for place in kept]
    texts = [number for number, place in enumerate(kept) if left[place]]
    while _width(widths) > width and (wide := _widest(widths, texts)) is not None:
        widths[wide] -= 1
    heads = [cell.strip() for cell in rows[0]]
    if _width(widths) > width:
        return [line for row in rows[1:] for line in _in_words(heads, row, width)]
    head = _row(rows[0], widths, texts, heads)
    below = [line for row in rows[1:] for line in _row(row, widths, texts, heads)]
    return [*head, "  ".join("-" * one for one in widths), *below]


def _width(widths: Sequence[int]) -> int:
    return sum(widths) + 2 * (len(widths) - 1)


def _in_words(heads: Sequence[str], row: Sequence[str], width: int) -> list[str]:
    """Return a row of a table that has more columns than fit: each cell after its heading."""
    said = [f"{head} {cell.strip()}".strip() for head, cell in zip(heads, row, strict=True) if cell.strip()]
    return _wrapped("  ".join(said), width, "", "    ")


def _cells(line: str, spans: Sequence[tuple[int, int]]) -> list[str]:
    ends = [*(begin for begin, _ in spans[1:]), len(line)]
    return [line[begin:end].rstrip() for (begin, _), end in zip(spans, ends, strict=True)]


def _is_text(head: str, span: tuple[int, int]) -> bool:
    """Return whether a column is aligned to the left, as texts are: its heading begins where it does."""
    cell = head[span[0] : span[1]]
    return bool(cell) and not cell.startswith(" ")


def _widest(widths: Sequence[int], texts: Sequence[int]) -> int | None:
    """Return the column that gives way."""
    found = [place for place in texts if widths[place] > NARROWEST]
    return max(found, key=lambda place: (widths[place], place), default=None)


def _row(cells: Sequence[str], widths: Sequence[int], texts: Sequence[int], heads: Sequence[str]) -> list[str]:
    columns = [
        _column(cell, one, heads[place] in CUT) if place in texts else [cell.strip().rjust(one)]
        for place, (cell, one) in enumerate(zip(cells, widths, strict=True))
    ]
    height = max(map(len, columns))
    padded = [[*(part.ljust(one) for part in parts), *[" " * one] * (height - len(parts))]
              for parts, one in zip(columns, widths, strict=True)]  # fmt: skip
    return ["  ".join(column[line] for column in padded).rstrip() for line in range(height)]


def _column(cell: str, width: int, cut: bool) -> list[str]:
    if len(cell) <= width:
        return [cell]
    if cut:
        return [f"{cell[: width - 1]}…"]
    parts = wrap(cell, width, break_on_hyphens=False)
    return parts if len(parts) <= ROWS else [*parts[: ROWS - 1], f"{parts[ROWS - 1][: width - 1]}…"]
