"""Which scenario runs when, and in which process."""

import pytest
from pytest_bdd.scenario import make_python_name, scenario_wrapper_template_registry
from xdist.scheduler import LoadScopeScheduling

from acceptance.support.features import read_scenarios

PAGE = "test_page.py"
SLOW = ("slowest", "slow")  # tags: more than half a minute, more than five seconds


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put those of the page first, which follow one another, then the slow ones, and otherwise keep the features' order."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> tuple:
    template = scenario_wrapper_template_registry.get(item.function)
    speed = [not item.get_closest_marker(tag) for tag in SLOW]
    where = (template.feature.filename, template.line_number) if template else (str(item.path), 0)
    return item.path.name != PAGE, *speed, *where


def pytest_xdist_make_scheduler(config: pytest.Config, log) -> LoadScopeScheduling:
    """Let every process take the next scenario when it has ended one."""
    return Scheduling(config, log)


class Scheduling(LoadScopeScheduling):
    """Gives all scenarios of the page to one process, as they share a browser; the others go one by one.

    A process has one scenario that runs and one to follow: no slow one waits for another slow one.
    """

    def __init__(self, config: pytest.Config, log):
        super().__init__(config, log)
        self._slow = {
            f"test_{make_python_name(scenario.name)}"
            for scenario in read_scenarios()
            if scenario.tags & set(SLOW)
        }

    def _split_scope(self, nodeid: str) -> str:
        # what --dist loadgroup would do, which pytest 9.2 has broken (pytest-xdist's issue 1386)
        return PAGE if nodeid.startswith(PAGE) else nodeid

    def _is_slow(self, scope: str) -> bool:
        return scope == PAGE or scope.partition("[")[0].rpartition("::")[2] in self._slow

    def _assign_work_unit(self, node) -> None:
        running = [
            scope for scope, tests in self.assigned_work[node].items() if not all(tests.values())
        ]
        suits = not any(map(self._is_slow, running))
        next_scope = next(
            (scope for scope in self.workqueue if self._is_slow(scope) == suits),
            next(iter(self.workqueue)),
        )
        self.workqueue.move_to_end(next_scope, last=False)
        super()._assign_work_unit(node)
