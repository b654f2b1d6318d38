"""The page in a real browser: nothing fails, nothing is asked for, nothing is too wide, too pale or out of reach."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from advisor.output.render import render
from advisor.output.report import Report
from tests.output.test_canary import poisoned
from tests.page.browser import Page, browser, program
from tests.page.conftest import document

pytestmark = pytest.mark.skipif(program() is None, reason="Chromium is not installed: apt-get install chromium")
SHOTS = Path(__file__).parents[2] / "build" / "page"
"""Where screenshots are left to be looked at; git ignores it."""
WIDTHS = (360, 1600)

CONTRAST = """(() => {
  const channel = c => { c /= 255; return c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4 };
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
  const ground = one => {
    for (; one; one = one.parentElement) {
      const c = parse(getComputedStyle(one).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const one of document.querySelectorAll("body *")) {
    if (!one.checkVisibility() || one.closest("svg")) continue;
    if (![...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim())) continue;
    const a = light(parse(getComputedStyle(one).color)), b = light(ground(one));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) poor.push([one.tagName, one.className, ratio.toFixed(2), one.textContent.slice(0, 30)].join(" "));
  }
  return poor;
})()"""

TOO_WIDE = """(() => {
  const wide = [...document.querySelectorAll("body *")].filter(one =>
    one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".sr, .skip, pre, svg, table.stack thead"));
  return [document.documentElement.scrollWidth - innerWidth, wide.slice(0, 3).map(one => one.outerHTML.slice(0, 120))];
})()"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Page]:
    with browser() as page:
        yield page


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from click.testing import CliRunner

    from advisor.cli.main import advisor_group
    from tests.page.conftest import DEMO

    target = tmp_path_factory.mktemp("two") / "two.html"
    assert (
        CliRunner().invoke(advisor_group, ["--isolated", "report", str(DEMO), str(DEMO), "-o", str(target)]).exit_code
        == 0
    )
    return target


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_can_be_read_and_asks_for_nothing(chromium: Page, demo_page: Path, width: int, dark: bool) -> None:
    chromium.open(demo_page, width=width, height=1500, dark=dark)
    SHOTS.mkdir(parents=True, exist_ok=True)
    chromium.screenshot(SHOTS / f"{width}-{'dark' if dark else 'light'}.png", whole=False)
    chromium.run("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert chromium.run(TOO_WIDE) == [0, []]
    assert chromium.run(CONTRAST) == []
    assert chromium.requests() == [demo_page.as_uri()]
    assert chromium.troubles() == []


def test_what_a_file_holds_does_nothing(chromium: Page, tmp_path: Path) -> None:
    path = tmp_path / "poisoned.html"
    path.write_text(render(poisoned(Report), "html"))
    chromium.open(path)
    assert chromium.troubles() == [] and chromium.requests() == [path.as_uri()]
    assert chromium.run("document.querySelectorAll('script, img, iframe, form').length") == 1
    assert not [event for event in chromium.events if event["method"] == "Page.javascriptDialogOpening"]


def test_a_script_that_got_in_all_the_same_would_not_run(chromium: Page, demo_page: Path, tmp_path: Path) -> None:
    path = tmp_path / "broken.html"
    harm = "<script>document.title = 'owned'</script><p style='color: red' onclick='x()'>x</p><img src='http://127.0.0.1:9/x'>"
    path.write_text(demo_page.read_text().replace('<main id="main">', f'<main id="main">{harm}'))
    chromium.open(path)
    assert chromium.run("document.title") == "pgadvisor: boardroom"
    assert "Content Security Policy" in " ".join(chromium.troubles())


def test_it_is_read_without_scripts(chromium: Page, demo_page: Path) -> None:
    chromium.open(demo_page, scripts=False)
    try:
        assert chromium.run("document.querySelector('h1').textContent").startswith("Build 9 indexes")
        assert chromium.run("[...document.querySelectorAll('.copy')].every(one => !one.checkVisibility())")
    finally:
        chromium.ask("Emulation.setScriptExecutionDisabled", value=False)


def test_a_statement_is_copied(chromium: Page, demo_page: Path) -> None:
    chromium.open(demo_page)
    chromium.ask("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    chromium.run("document.querySelector('article .copy').click()")
    chromium.run("new Promise(done => setTimeout(done, 300))")
    assert chromium.run("document.getElementById('said').textContent") == "Copied"
    assert chromium.run("navigator.clipboard.readText()") == document()["proposals"][0]["ddl"]


def test_keys_reach_what_there_is_in_the_order_in_which_it_stands(chromium: Page, demo_page: Path) -> None:
    chromium.open(demo_page)
    chromium.press("Tab")
    assert chromium.run("document.activeElement.className") == "skip"
    places, shown = [], []
    for _ in range(25):
        chromium.press("Tab")
        places.append(chromium.run("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))
        shown.append(chromium.run("getComputedStyle(document.activeElement).outlineStyle"))
    assert places == sorted(set(places)) and len(places) == 25
    assert "none" not in shown


def test_what_a_reader_hears_has_names(chromium: Page, demo_page: Path) -> None:
    chromium.open(demo_page)
    nodes = chromium.ask("Accessibility.getFullAXTree")["nodes"]
    named = ("link", "button", "image", "heading", "navigation")
    for one in nodes:
        if one.get("role", {}).get("value") in named and not one.get("ignored"):
            assert one.get("name", {}).get("value"), one
    levels = chromium.run("[...document.querySelectorAll('h1, h2, h3, h4')].map(one => +one.tagName[1])")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(later - before <= 2 for before, later in pairwise(levels))


def test_links_open_what_they_lead_to(chromium: Page, demo_page: Path) -> None:
    query = document()["queries"][-1]["id"]
    chromium.open(demo_page)
    chromium.run(f"location.hash = 'q-{query}'; new Promise(done => setTimeout(done, 300))")
    assert chromium.run(f"document.getElementById('q-{query}').checkVisibility()")


def test_tabs_show_one_report_each_with_and_without_scripts(chromium: Page, two: Path) -> None:
    seen = "[...document.querySelectorAll('.panel')].map(one => one.checkVisibility())"
    for scripts in (True, False):
        chromium.open(two, scripts=scripts)
        try:
            assert chromium.run(seen) == [True, False]
            chromium.run("document.getElementById('tab1').focus()")
            chromium.press("ArrowRight")
            assert chromium.run(seen) == [False, True]
        finally:
            chromium.ask("Emulation.setScriptExecutionDisabled", value=False)
    chromium.open(two)
    chromium.run(
        f"location.hash = 'r2-p-{document()['proposals'][0]['id']}'; new Promise(done => setTimeout(done, 300))"
    )
    assert chromium.run(seen) == [False, True]


def test_it_prints_all_of_it(chromium: Page, demo_page: Path, two: Path) -> None:
    chromium.open(demo_page)
    printed = chromium.pdf()
    assert printed.startswith(b"%PDF-") and printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") >= 5
    (SHOTS / "report.pdf").write_bytes(printed)
    chromium.open(two)
    chromium.ask("Emulation.setEmulatedMedia", media="print")
    assert chromium.run("[...document.querySelectorAll('.panel')].every(one => one.checkVisibility())")
    chromium.ask("Emulation.setEmulatedMedia", media="")


def test_five_thousand_queries_are_shown(chromium: Page, large_page: Path) -> None:
    chromium.open(large_page, width=1600)
    assert chromium.troubles() == []
    assert chromium.run("document.documentElement.scrollWidth") == 1600
    assert chromium.run("document.querySelectorAll('tr[id^=q-]').length") == 5000
    paint = chromium.run("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null")
    print(f"first paint after {paint} ms")  # a figure, not a bar: the machine may be busy
    chromium.screenshot(SHOTS / "large.png", whole=False)
