"""The benefit/size curve as points of a drawing: what more bytes of indexes buy, and where the choice stands."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.output.number_units import milliseconds, size
from advisor.output.page.query_times import days
from advisor.revisions.contract import ReportFile

WIDTH, HEIGHT = 480, 220
"""Units of the drawing."""
LEFT, RIGHT, TOP, BOTTOM = 68, 16, 16, 34


@dataclass(frozen=True, slots=True)
class CurvePlace:
    """One point of the curve."""

    x: float
    y: float
    bytes: str
    saved: str
    share: str
    """Share of the captured time."""


@dataclass(frozen=True, slots=True)
class SizeCurve:
    """The whole drawing."""

    places: tuple[CurvePlace, ...]
    path: str
    chosen: CurvePlace | None
    rows: tuple[tuple[float, str], ...]
    """Heights of the horizontal lines, with what they stand for."""
    columns: tuple[tuple[float, str], ...]


def size_curve(report: ReportFile) -> SizeCurve | None:
    """Return the curve; `None` where there is nothing to be drawn."""
    points = [(point.bytes, point.time_saved_ms_per_day * days(report)) for point in report.coverage.curve]
    widest, highest = max((one for one, _ in points), default=0), max((one for _, one in points), default=0.0)
    if len(points) < 2 or widest <= 0 or highest <= 0:
        return None
    total = report.coverage.total_ms

    def place(bytes_: float, saved: float) -> CurvePlace:
        x = LEFT + (WIDTH - LEFT - RIGHT) * bytes_ / widest
        y = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * saved / highest
        share = f"{saved / total:.1%}" if total else ""
        return CurvePlace(round(x, 1), round(y, 1), size(bytes_), milliseconds(saved), share)

    places = tuple(place(*point) for point in points)
    path = " ".join(f"{'L' if number else 'M'}{one.x} {one.y}" for number, one in enumerate(places))
    rows = tuple(
        (place(0, highest * part).y, milliseconds(highest * part) if part else "0") for part in (0.0, 0.5, 1.0)
    )
    columns = tuple((place(widest * part, 0).x, size(widest * part) if part else "0") for part in (0.0, 0.5, 1.0))
    return SizeCurve(places, path, _chosen(report, points, places), rows, columns)


def _chosen(report: ReportFile, points: list[tuple[int, float]], places: tuple[CurvePlace, ...]) -> CurvePlace | None:
    """Return the point nearest to what the proposals take."""
    built = sum(proposal.size_bytes for proposal in report.proposals if proposal.action != "drop")
    nearest = min(range(len(points)), key=lambda number: (abs(points[number][0] - built), number))
    return places[nearest] if built else None
