"""Progress, failures and verdict of a run, as the terminal shows them."""

import json
import shutil
import threading
import time
from collections import Counter
from typing import Any

import pytest

from acceptance.plugins import spec
from acceptance.support.attachments import ARTIFACTS
from acceptance.support.session import ROOT, Session

LAST_RUN = ROOT / ".report" / "last-run.json"
STYLES = {  # the symbol of a result, its colour, and the word for a section
    "failed": ("✗", "red", "VIOLATED"),
    "skipped": ("–", "yellow", "not verified"),
    "passed": ("✓", "green", "verified"),
}
MAX_COLUMNS = 160
MAX_LINES = 12  # of a failure's reason: its beginning and its end
SILENT_SECONDS = 10  # after these, a line names the running tests, unless the live line does
MANY = 5  # results, from which the remaining time can be estimated


def pytest_sessionstart(session: pytest.Session) -> None:
    """Check the specification and watch the run, in the first process."""
    if hasattr(session.config, "workerinput"):
        return
    if found := list(spec.problems(spec.FEATURES, {*spec.sections_by_requirement()})):
        raise pytest.UsageError("\n".join(["invalid specification:", *found]))
    if not session.config.option.collectonly:
        session.config.pluginmanager.register(Verdict(session))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Add the properties that the verdict needs to each test."""
    for item in items:
        item.user_properties += spec.describe(item).items()


def pytest_bdd_step_error(request: pytest.FixtureRequest, step: Any) -> None:
    """Add the failed step to the test's properties, with its type, which "And" does not name."""
    properties = [("step_type", step.type), ("step", f"{step.keyword} {step.name}")]
    request.node.user_properties.extend(properties)


class Verdict:
    """Collects the results in the first process, and prints them."""

    def __init__(self, session: pytest.Session) -> None:
        self._session, self._config = session, session.config
        self._terminal: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        if noise := self._config.pluginmanager.get_plugin("terminaldistreporter"):
            self._config.pluginmanager.unregister(noise)  # it reports processes, not tests
        shutil.rmtree(ARTIFACTS, ignore_errors=True)  # of the run before
        self._results = list[dict[str, Any]]()
        self._start = self._printed = time.monotonic()
        self._running: dict[str, float] = {}  # since when
        self._ended, self._lock = threading.Event(), threading.Lock()
        threading.Thread(target=self._show_progress, daemon=True).start()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note which tests run."""
        self._running[nodeid] = time.monotonic()

    def _show_progress(self) -> None:
        while not self._ended.wait(0.5):
            with self._lock:
                now = time.monotonic()
                if self._terminal.isatty:
                    line = self._progress(now)[: shutil.get_terminal_size().columns - 1]
                    self._terminal.rewrite(line, erase=True)
                elif self._running and now - self._printed > SILENT_SECONDS:
                    self._printed = now
                    self._terminal.write_line(f"        … {self._progress(now)}")

    def _progress(self, now: float) -> str:
        running = self._running.copy().items()
        done, total, elapsed = len(self._results), self._session.testscollected, now - self._start
        left = f", about {elapsed / done * (total - done):.0f} s left" if done >= MANY else ""
        names = [
            f"{name.rpartition('::test_')[2]} ({now - start:.0f} s)" for name, start in running
        ]
        return f"{done}/{total or '?'} after {elapsed:.0f} s{left}: {', '.join(names)}"

    def _print(self, *lines: str, **markup: bool) -> None:
        with self._lock:
            if self._terminal.isatty:
                self._terminal.rewrite("", erase=True)
                self._terminal.rewrite("")
            self._printed = time.monotonic()
            for line in lines:
                self._terminal.write_line(line[:MAX_COLUMNS], **markup)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str]:
        """Count a test once, without pytest's letters."""
        return report.outcome if _counts(report) else "", "", ""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Print why a file cannot be imported."""
        if report.failed:
            self._print(report.nodeid, *report.longreprtext.splitlines()[-MAX_LINES:], red=True)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print a line for each result, and details of a failure."""
        if not _counts(report):
            return
        self._running.pop(report.nodeid, None)
        crash = getattr(report.longrepr, "reprcrash", None)
        reason = crash.message.partition("\nassert ")[0] if crash else report.longreprtext
        if isinstance(report.longrepr, tuple):  # of a skipped test
            reason = report.longrepr[2].removeprefix("Skipped: ")
        # a test whose process has died has no properties
        result = dict.fromkeys(("requirement", "rule", "location", "runtime", "artifacts"), "")
        result |= {"title": report.nodeid, **dict(report.user_properties), "reason": reason}
        result |= {"outcome": report.outcome, "seconds": report.duration}
        line = f"{time.monotonic() - self._start:4.0f} s  {_line(result)}"
        self._print(line, **{STYLES[report.outcome][1]: True})
        if report.outcome == "failed":
            self._print(*(f"        {each}" for each in self._details(result)))
        self._results.append(result)

    def _details(self, result: dict[str, Any]) -> list[str]:
        if result["reason"] in [other["reason"] for other in self._results]:
            return [f"location:  {result['location']}; same reason as above"]
        reason = [line for line in result["reason"].splitlines() if line.strip()]
        if len(reason) > MAX_LINES:
            reason = [reason[0], "…", *reason[1 - MAX_LINES :]]
        return [
            *("reason:    " + "\n".join(reason)).splitlines(),
            *([f"step:      {result['step']}"] if "step" in result else []),
            f"violated:  {result['rule']}",
            f"location:  {result['location']}",
            f"artifacts: {result['artifacts']}",
        ]

    def pytest_sessionfinish(self) -> None:
        """Remove the live line."""
        self._ended.set()
        self._print()

    def pytest_terminal_summary(self) -> None:
        """Write LAST_RUN; print the sections, the failed tests again, and where kept stacks are."""
        if not self._results:
            return
        LAST_RUN.parent.mkdir(exist_ok=True)
        LAST_RUN.write_text(json.dumps(self._results, indent=1))
        self._terminal.section("verdict")
        everything, idle = spec.expected_tests(everything=True), list[str]()
        is_whole = self._config.option.all or spec.is_selection(self._config)
        expected = everything if is_whole else spec.expected_tests(everything=False)
        # a test may have run on two runtimes
        ran = Counter(place for place, _ in {(r["location"], r["title"]) for r in self._results})
        for section in spec.load_sections():
            mine = [r for r in self._results if r["requirement"] in section.requirements]
            if not mine:
                idle.append(section.name)
                continue
            reasons = [result["reason"] for result in mine if result["outcome"] == "skipped"]
            if missing := [name for name in section.requirements if expected[name] - ran]:
                reasons.append(f"not run, or not completely: {', '.join(missing)}")
            failed = "failed" in [result["outcome"] for result in mine]
            _, colour, word = STYLES["failed" if failed else "skipped" if reasons else "passed"]
            seconds = sum(result["seconds"] for result in mine)
            line = f"{section.name:<6} {section.sentence:<64} {word:<12} {seconds:6.1f} s"
            if any(everything[name] - expected[name] for name in section.requirements):
                line += ", more with --all"
            self._terminal.write_line(line, **{colour: True})
            if reasons:
                self._terminal.write_line(f"       {'; '.join(dict.fromkeys(reasons))}")
        if idle:
            self._terminal.write_line(f"not run: {', '.join(idle)}", yellow=True)
        if not self._config.option.all:
            line = "To run everything, on each runtime: ./scripts/verify.sh --all"
            self._terminal.write_line(line, yellow=bool(idle))
        for result in self._results:
            if result["outcome"] == "failed":  # again, because a long run scrolls off the screen
                self._terminal.write_line(_line(result)[:MAX_COLUMNS], red=True)
        if self._config.option.all and "skipped" in [r["outcome"] for r in self._results]:
            self._terminal.write_line("--all: not everything was verified", red=True)
            self._session.exitstatus = self._session.exitstatus or pytest.ExitCode.TESTS_FAILED
        if self._config.option.keep and ARTIFACTS.exists():
            kept = Session.current()
            command = f"./scripts/tool.sh python -m acceptance.support.reaper {kept.folder}"
            self._terminal.write_line(f"kept:   {kept.folder}, docker ps --filter name={kept.name}")
            self._terminal.write_line(f"remove: {command} </dev/null")


def _line(result: dict[str, Any]) -> str:
    title, name = result["title"], result["requirement"]
    if section := spec.sections_by_requirement().get(name):
        where = f" on {result['runtime']}" if result["runtime"] else ""
        title = f"{section.name:<6} {section.sentence} │ {name}{where}: {title}"
    return f"{STYLES[result['outcome']][0]} {title}"


def _counts(report: pytest.TestReport) -> bool:
    return report.when == "call" or report.outcome != "passed"
