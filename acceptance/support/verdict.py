"""What a person sees of a run: progress while it runs, each failure in a few lines, the verdict at the end."""

import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from pytest_bdd.scenario import scenario_wrapper_template_registry

from acceptance.support import evidence
from acceptance.support.checklist import known_requirements, load_checklist
from acceptance.support.features import read_scenarios
from acceptance.support.progress import Progress
from acceptance.support.run import ROOT

LAST_RUN = ROOT / ".report" / "last-run.json"
WORDS = {
    "failed": "VIOLATED",
    "skipped": "not verified here",
    "passed": "verified",
}  # the worst first
SIGNS = {"failed": ("✗", "red"), "skipped": ("–", "yellow"), "passed": ("✓", "green")}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each test's report carry what the verdict needs."""
    known = known_requirements()
    for item in items:
        template = scenario_wrapper_template_registry.get(item.function)
        if template is None:
            item.user_properties += _plain_test(item, known)
            continue
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        example = parameters.get("_pytest_bdd_example", {})
        item.user_properties += [
            ("requirement", next(iter(template.rule.tags & known))),
            ("rule", template.rule.name),
            ("scenario", template.render(example).name),
            ("runtime", parameters.get("runtime", "")),
            (
                "where",
                f"{Path(template.feature.filename).relative_to(ROOT)}:{template.line_number}",
            ),
        ]


def _plain_test(item: pytest.Item, known: set[str]) -> list[tuple[str, str]]:
    """Return the same of a test that is no scenario: it carries its requirement as a marker."""
    name = item.name.removeprefix("test_").replace("_", " ")
    [requirement] = {mark.name for mark in item.iter_markers()} & known
    return [
        ("requirement", requirement),
        ("rule", name),
        ("scenario", name),
        ("runtime", ""),
        ("where", item.location[0]),
    ]


@pytest.hookimpl(trylast=True)
def pytest_bdd_step_error(request: pytest.FixtureRequest, step) -> None:
    """Let the report of a failure carry the step, and the end of the last piece of evidence."""
    request.node.user_properties.append(("step", f"{step.keyword} {step.name}"))
    request.node.user_properties.append(("evidence", "\n".join(evidence.last_lines(12))))


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        config.pluginmanager.register(Verdict(config), "verdict")


class Verdict:
    """Collects the results in the process that started the run, and tells them."""

    def __init__(self, config: pytest.Config):
        self.config = config
        self.terminal = config.pluginmanager.get_plugin("terminalreporter")
        self.results: list[dict] = []
        self.progress = Progress(config)
        if (noise := config.pluginmanager.get_plugin("terminaldistreporter")) is not None:
            config.pluginmanager.unregister(
                noise
            )  # it tells of processes, where scenarios are what counts

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport):
        """Count a scenario once, and keep pytest's own letters from the screen."""
        if "requirement" in dict(report.user_properties):
            return report.outcome if self._counts(report) else "", "", ""
        return None

    @staticmethod
    def _counts(report: pytest.TestReport) -> bool:
        return report.when == "call" or report.outcome != "passed"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        facts = dict(report.user_properties)
        if "requirement" not in facts or not self._counts(report):
            return
        result = facts | {"outcome": report.outcome, "seconds": report.duration, "reason": ""}
        if report.outcome == "skipped":
            result["reason"] = report.longrepr[2].removeprefix("Skipped: ")
        elif report.outcome == "failed":
            crash = getattr(report.longrepr, "reprcrash", None)
            result["reason"] = (
                crash.message.partition("\nassert ")[0] if crash else str(report.longrepr)
            )
        sign, colour = SIGNS[report.outcome]
        where = f" on {result['runtime']}" if result["runtime"] else ""
        line = f"{self.progress.seconds():5.0f} s  {sign} {result['requirement']}{where}: {result['scenario']}"
        with self.progress.silent():
            self.terminal.write_line(line, **{colour: True})
            if report.outcome == "failed":
                self._tell_failure(result)
        self.results.append(result)

    def _tell_failure(self, result: dict) -> None:
        if result["reason"] in [other["reason"] for other in self.results]:
            lines = [f"{result['where']}, for a reason told above"]
        else:
            lines = [
                f"violated:  {result['rule']}",
                f"where:     {result['where']}",
                f"step:      {result.get('step', 'before the first step')}",
                *("seen:      " + result["reason"]).splitlines()[:10],
            ]
            lines += [
                line
                for line in result.get("evidence", "").splitlines()[:13]
                if line.strip() not in "\n".join(lines)
            ]
        for line in lines:
            self.terminal.write_line(f"           {line[:160]}", red=line.startswith("violated"))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.progress.stop()
        if not self.results:
            return
        LAST_RUN.parent.mkdir(exist_ok=True)
        LAST_RUN.write_text(json.dumps(self.results, indent=1))
        if self._fails_strictly() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _fails_strictly(self) -> bool:
        return self.config.getini("strict") and WORDS["skipped"] in [
            verdict for _, _, verdict, _, _ in self.rows()
        ]

    def rows(self) -> list[tuple[str, str, str, float, str]]:
        """For each row of the checklist: its name, sentence, verdict, seconds, and why it is not verified."""
        expected = Counter()
        for scenario in read_scenarios():
            expected.update(
                {requirement: len(scenario.tests) for requirement in scenario.rule_tags}
            )
        by_requirement = defaultdict(list)
        for result in self.results:
            by_requirement[result["requirement"]].append(result)
        rows = []
        for row, facts in load_checklist().items():
            results = [result for name in facts["requirements"] for result in by_requirement[name]]
            seen = Counter(
                name
                for name, _, _ in {(r["requirement"], r["where"], r["scenario"]) for r in results}
            )
            missing = [name for name in facts["requirements"] if seen[name] < expected[name]]
            reasons = [result["reason"] for result in results if result["outcome"] == "skipped"]
            reasons += [f"not run, or not wholly: {', '.join(missing)}"] if missing else []
            failed = "failed" in [result["outcome"] for result in results]
            verdict = WORDS["failed" if failed else "skipped" if reasons else "passed"]
            seconds = sum(result["seconds"] for result in results)
            rows.append(
                (row, facts["sentence"], verdict, seconds, "; ".join(dict.fromkeys(reasons)))
            )
        return rows

    def pytest_terminal_summary(self) -> None:
        if not self.results:
            return
        self.terminal.section("verdict")
        for row, sentence, verdict, seconds, reason in self.rows():
            colour = next(SIGNS[outcome][1] for outcome, word in WORDS.items() if word == verdict)
            took = f"{seconds:6.1f} s" if seconds else " not run"
            self.terminal.write_line(
                f"{row:<6} {sentence:<64} {verdict:<18} {took}", **{colour: True}
            )
            if reason and verdict != WORDS["failed"] and seconds:
                self.terminal.write_line(f"       {reason}")
        if self._fails_strictly():
            self.terminal.write_line("--strict: fails, as not everything was verified", red=True)
