"""The pytest plugin, `pytest --advisor`: finds N+1 in tests, limits statements, writes what ran for `advisor check`.

Imported by every pytest run of an environment that holds pgadvisor, so it imports nothing of it before it is asked to.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from advisor.suite.recorder import Recorder
    from advisor.suite.sent_statement import Statement
    from advisor.suite.suite_loops import Found

MARKER = "advisor(max_queries=None, allow=()): most statements the test may send; tables it may read in a loop"
_LOGS = "advisor_logs"
"""Key under which a worker is told where to write its log."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("advisor", "pgadvisor: N+1 and plans of the statements that tests send")
    add = group.addoption
    add("--advisor", action="store_true", help="Record statements and report N+1 with the line that sends them.")
    add("--advisor-fail", action="store_true", help="As --advisor, and a test with an N+1 fails.")
    add("--advisor-workload", metavar="FILE", help="Write what ran as a workload file, for `advisor check FILE`.")
    add("--advisor-snapshot", metavar="DIR", help="Plan what ran on the twin of this snapshot of production.")
    add("--advisor-baseline", metavar="FILE", help="The accepted plans, with --advisor-snapshot.")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and the recording where it was asked for."""
    config.addinivalue_line("markers", MARKER)
    option = config.option
    plans = option.advisor_snapshot or option.advisor_baseline
    if bool(option.advisor_snapshot) != bool(option.advisor_baseline):
        raise pytest.UsageError("--advisor-snapshot and --advisor-baseline belong together: give both")
    if option.advisor or option.advisor_fail or option.advisor_workload or plans:
        _import_as_it_is(config)
        config.pluginmanager.register(Session(config), "advisor-session")


def _import_as_it_is(config: pytest.Config) -> None:
    """Let Python import our modules from its cache: pytest rewrites assertions in all of a plugin's distribution.

    There is no public way to say so; where pytest keeps that list otherwise one day, imports take seconds longer.
    """
    marked = getattr(getattr(config.pluginmanager, "rewrite_hook", None), "_must_rewrite", None)
    if isinstance(marked, set):
        marked.discard("advisor")


class Session:
    """One run of pytest, or one worker's part of it."""

    def __init__(self, config: pytest.Config) -> None:
        from advisor.suite.recorder import Recorder

        option = config.option
        self.config = config
        self.fails: bool = option.advisor_fail
        self.workload: str | None = option.advisor_workload
        self.snapshot: str | None = option.advisor_snapshot
        self.baseline: str | None = option.advisor_baseline
        self.recorder: Recorder = Recorder(config.rootpath)
        self.found: list[dict[str, Any]] = []
        self.later: dict[str, list[Statement]] = {}
        """What tests sent that is looked at when all are done, where no test is to fail by it: at once is quicker."""
        self.tables: dict[str, tuple[str, ...]] = {}
        self.told: list[str] = []
        self.own = tempfile.TemporaryDirectory(prefix="advisor-pytest-") if self._keeps and not self._worker else None
        self.log: Any = None
        if self._keeps and not self._controls:
            folder = config.workerinput[_LOGS] if self._worker else self.own.name  # type: ignore[attr-defined,union-attr]
            name = config.workerinput["workerid"] if self._worker else "main"  # type: ignore[attr-defined]
            self.log = (Path(folder) / f"{name}.jsonlog").open("w", encoding="utf-8")

    @property
    def _worker(self) -> bool:
        """Whether this is a worker of pytest-xdist."""
        return hasattr(self.config, "workerinput")

    @property
    def _controls(self) -> bool:
        """Whether this process only hands tests out."""
        return not self._worker and bool(getattr(self.config.option, "dist", "no") != "no")

    @property
    def _keeps(self) -> bool:
        """Whether statements are needed after their test."""
        return bool(self.workload or self.snapshot)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker where its log goes."""
        node.workerinput[_LOGS] = self.own.name if self.own else ""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Record what the test itself sends; what fixtures send is none of it."""
        self.recorder.begin()
        try:
            return (yield)
        finally:
            item.stash[SENT] = self.recorder.end()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Judge a test by what it sent, and put that into its report."""
        report = yield
        if call.when == "call":
            self._judge(item, report, item.stash.get(SENT, []))
        return report

    def _judge(self, item: pytest.Item, report: pytest.TestReport, sent: list[Statement]) -> None:
        from advisor.suite.suite_loops import allowed, loops_of, suspicious
        from advisor.suite.told import of_test

        if self.log is not None and sent:
            from advisor.suite.log import lines

            self.log.writelines(lines(sent, item.nodeid))
        most, tables = limits(item)
        wrong = []
        counted = [one for one in sent if not one.control]
        if most is not None and len(counted) > most:
            wrong.append(f"{len(counted)} statements were sent, {most} are allowed by @pytest.mark.advisor")
        if self.fails:
            found = [one for one in loops_of({item.nodeid: sent}) if not allowed(one, tables)]
            setattr(report, FOUND, [one.as_dict() for one in found])
            wrong += [of_test(one) for one in found]
        elif suspicious(sent):
            self.later[item.nodeid], self.tables[item.nodeid] = sent, tables
        if wrong and report.passed:
            report.outcome = "failed"
            report.longrepr = "\n\n".join(wrong)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect what tests were found to do; from workers it comes with their reports."""
        self.found += getattr(report, FOUND, [])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the workload file and check plans, in the process that has all of it."""
        self.recorder.close()
        if self.log is not None:
            self.log.close()
        self._look()
        if self._worker or self.own is None:
            return
        try:
            self._finish(session, Path(self.own.name))
        finally:
            self.own.cleanup()

    def _look(self) -> None:
        """Find the loops in what was put off; a worker hands them to the process that reports."""
        from advisor.suite.suite_loops import allowed, loops_of

        found = [one.as_dict() for one in loops_of(self.later) if not allowed(one, self.tables[one.test])]
        self.found += found
        if self._worker:
            self.config.workeroutput[FOUND] = found  # type: ignore[attr-defined]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker found."""
        self.found += getattr(node, "workeroutput", {}).get(FOUND, [])

    def _finish(self, session: pytest.Session, folder: Path) -> None:
        from advisor.errors import AdvisorError
        from advisor.suite.log import workload_of
        from advisor.workload.store import save

        logs = sorted(path for path in folder.glob("*.jsonlog") if path.stat().st_size)
        if not logs:
            self.told.append("no test sent a statement through SQLAlchemy, Django or psycopg")
            return
        try:
            path = Path(self.workload) if self.workload else folder / "tests.json"
            save(workload_of(logs), path)
        except (AdvisorError, OSError) as error:
            self.told.append(f"no workload was written: {error}")
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
            return
        if self.workload:
            self.told.append(f"workload: {self.workload}")
        if self.snapshot and self.baseline:
            self._check(session, path)

    def _check(self, session: pytest.Session, path: Path) -> None:
        """Plan what ran in a process of its own; its status is pytest's where all tests passed."""
        assert self.snapshot and self.baseline
        words = ["check", str(path), "--snapshot", self.snapshot, "--baseline", self.baseline, "--quiet"]
        done = subprocess.run([sys.executable, "-m", "advisor", *words], capture_output=True, text=True, check=False)
        self.told += ["plans of what ran, with production's statistics:", done.stdout + done.stderr]
        if done.returncode and not session.exitstatus:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print what was found: each line of the application once."""
        from advisor.suite.suite_loops import Found
        from advisor.suite.told import summary

        found: list[Found] = [Found(**one) for one in self.found]
        if found or self.told:
            terminalreporter.section("advisor")
            for line in [*summary(found), *self.told]:
                terminalreporter.write_line(line)


FOUND = "advisor_found"
"""Attribute of a report with the loops of its test; travels from workers with it."""
SENT = pytest.StashKey[list[Any]]()
"""Where a test keeps what it sent."""


def limits(item: pytest.Item) -> tuple[int | None, tuple[str, ...]]:
    """Return how many statements a test may send, and which tables it may read in a loop.

    The nearest marker says how many; tables of all markers, of module and class too, count. Raises
    `pytest.UsageError` for a marker with other arguments.
    """
    most: int | None = None
    tables: list[str] = []
    for marker in item.iter_markers("advisor"):
        unknown = marker.kwargs.keys() - {"max_queries", "allow"}
        if unknown or marker.args:
            raise pytest.UsageError(f"{item.nodeid}: the marker is {MARKER.split(':')[0]}")
        allow = marker.kwargs.get("allow", ())
        tables += [allow] if isinstance(allow, str) else allow
        most = most if most is not None else marker.kwargs.get("max_queries")
    return most, tuple(tables)
