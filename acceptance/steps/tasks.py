"""Steps about counted tasks: those of testdata/private, numbered from 1."""

import re
from functools import partial

import pytest
from pytest_bdd import parsers, then, when

from acceptance.drivers import worker
from acceptance.drivers.stack import Stack
from acceptance.support.waiting import PATIENCE_SECONDS, wait_until

FINAL = re.compile('"status": "(SUCCESS|FAILURE)"')


@pytest.fixture
def ids() -> list[str]:
    """Return the ids of the tasks that the scenario has sent."""
    return []


@when("these tasks are sent")
def send(stack: Stack, ids: list[str], datatable: list[list[str]]) -> None:
    _, *rows = datatable
    tasks = [list(map(int, kind)) for times, *kind in rows for _ in range(int(times))]
    ids += worker.send_counted(stack, tasks, first=len(ids) + 1)


@then(parsers.re(r"(?P<count>\d+) tasks? (has|have) begun( within (?P<limit>\d+) seconds)?"))
def have_begun(stack: Stack, count: str, limit: str | None) -> None:
    begun, seconds = partial(worker.counts, stack, "begun"), int(limit or PATIENCE_SECONDS)
    wait_until(lambda: len(begun()) >= int(count), f"{count} tasks have begun", seconds)


@then(parsers.parse("the worker holds {count:d} tasks"))
def holds(stack: Stack, count: int) -> None:
    assert worker.unacknowledged(stack) == count


@then(parsers.re(r"all tasks have run(?P<once> once)?( within (?P<limit>\d+) seconds)?"))
def have_run(stack: Stack, ids: list[str], once: str | None, limit: str | None) -> None:
    ran, seconds = partial(worker.counts, stack, "ran"), int(limit or PATIENCE_SECONDS)

    def is_done() -> bool:
        return len(ran()) == len(ids) and worker.unacknowledged(stack) == 0

    wait_until(is_done, f"{len(ids)} tasks have run and are acknowledged", seconds)
    assert not once or set(ran().values()) == {1}, ran()


@then(parsers.parse("task {number} has begun {times:d} {_}"))
def has_begun(stack: Stack, number: str, times: int) -> None:
    begun = partial(worker.counts, stack, "begun")
    wait_until(lambda: begun().get(number, 0) >= times, f"task {number} has begun {times} times")
    assert begun()[number] == times


@then(parsers.re(r'the callers of (?P<tasks>all tasks|task \d+) get "(?P<words>\w+)"'))
def callers_get(stack: Stack, ids: list[str], tasks: str, words: str) -> None:
    for task in ids if tasks == "all tasks" else [ids[int(tasks.split()[1]) - 1]]:
        stored = partial(worker.stored_result, stack, task)
        answer = wait_until(stored, "an answer", is_done=FINAL.search)
        assert f'"{words}"' in answer, f"{task}: {answer}"
