"""`advisor report`: saved JSON reports in, one HTML file out."""

from __future__ import annotations

from pathlib import Path

import click

from advisor.cli.options.shared_options import check_outputs
from advisor.errors import UsageError
from advisor.progress import Progress
from advisor.whole_file import write_whole


@click.command(short_help="Write a one-file HTML report.")
@click.argument("reports", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="REPORT...")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the page there instead of stdout.")
@click.option("--before", type=click.Path(path_type=Path), help="An earlier report, to show what changed since.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
def command(reports: tuple[Path, ...], output: Path | None, before: Path | None, quiet: bool) -> None:
    """Make one self-contained HTML page of each REPORT that `advisor advise --save` wrote; several get a tab each.

    \b
    advisor report report.json -o report.html
    advisor report shop.json billing.json -o report.html
    advisor report today.json --before last-month.json -o report.html
    """
    from advisor.output.page.report_view import label_of, report_view
    from advisor.output.page.whole_page import whole_page
    from advisor.revisions.read_contract import read_report
    from advisor.visible import without_controls

    check_outputs(output)
    if before and len(reports) > 1:
        raise UsageError("--before compares with one report", do="give one REPORT and --before")
    earlier = read_report(before) if before else None
    found = [read_report(path) for path in reports]
    labels = _told_apart([label_of(one, path.stem) for one, path in zip(found, reports, strict=True)], reports)
    views = [
        report_view(one, label, f"r{number}-" if number > 1 else "", earlier)
        for number, (one, label) in enumerate(zip(found, labels, strict=True), 1)
    ]
    page = without_controls(whole_page(views))
    if output is None:
        click.echo(page, nl=False)
        return
    write_whole(output, page.encode())
    Progress(quiet=quiet).note(f"written to {output}; open it in a browser")


def _told_apart(labels: list[str], reports: tuple[Path, ...]) -> list[str]:
    """Return the labels, with the file's name where two are the same."""
    return [
        f"{label} ({path.stem})" if labels.count(label) > 1 else label
        for label, path in zip(labels, reports, strict=True)
    ]
