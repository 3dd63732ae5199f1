"""Steps about counted tasks: those of testdata/counted-tasks, numbered from 1."""

import re
from functools import partial

import pytest
from pytest_bdd import parsers, then, when

from acceptance.drivers import worker
from acceptance.drivers.stack import Stack
from acceptance.steps import parse_list
from acceptance.support.waiting import wait_until

KIND = re.compile(
    r"(?P<count>\d+)( of (?P<seconds>\d+) seconds?)?"
    r"( that kills? its process (?P<deaths>\d+) times?)?"
    r"( that ends? only after (?P<stops>\d+) stops?)?"
)
FINAL = re.compile('"status": "(SUCCESS|FAILURE)"')


@pytest.fixture
def ids() -> list[str]:
    """Return the ids of the tasks that the scenario has sent."""
    return []


@when("these tasks are sent")
def send(stack: Stack, ids: list[str], datatable: list[list[str]]) -> None:
    tasks = list[tuple[int, int, int, int]]()
    for [row] in datatable:
        kind = KIND.fullmatch(row)
        assert kind, f"{row}: no such task"
        seconds, deaths, stops = (int(kind[name] or 0) for name in ("seconds", "deaths", "stops"))
        for _ in range(int(kind["count"])):
            number = len(ids) + len(tasks) + 1
            tasks.append((number, seconds, deaths, stops))
    ids += worker.send_counted(stack, tasks)


@then(parsers.re(r"(?P<count>\d+) tasks? (has|have) begun within (?P<seconds>\d+) seconds"))
def have_begun(stack: Stack, count: str, seconds: str) -> None:
    what = f"{count} tasks have begun"
    wait_until(lambda: len(worker.counts(stack, "begun")) >= int(count), int(seconds), what)


@then(parsers.parse("the worker holds {count:d} tasks"))
def holds(stack: Stack, count: int) -> None:
    assert worker.unacknowledged(stack) == count


@then(parsers.re(r"all tasks have run(?P<once> once)? within (?P<seconds>\d+) seconds"))
def have_run(stack: Stack, ids: list[str], once: str | None, seconds: str) -> None:
    what = f"{len(ids)} tasks have run"
    wait_until(lambda: len(worker.counts(stack, "ran")) == len(ids), int(seconds), what)
    wait_until(
        lambda: worker.unacknowledged(stack) == 0, int(seconds), "every task is acknowledged"
    )
    runs = worker.counts(stack, "ran")
    assert not once or set(runs.values()) == {1}, runs


@then(
    parsers.re(
        r"task (?P<number>\d+) has begun (?P<times>\d+) times?( within (?P<seconds>\d+) seconds)?"
    )
)
def has_begun(stack: Stack, number: str, times: str, seconds: str | None) -> None:
    begun = partial(worker.counts, stack, "begun")
    what = f"task {number} has begun {times} times"
    wait_until(lambda: begun().get(number) == int(times), int(seconds or 0), what)


@then(
    parsers.re(
        r'the callers? of (?P<tasks>all tasks|[\w ]+?) gets? "(?P<words>\w+)"'
        r"( within (?P<seconds>\d+) seconds)?"
    )
)
def callers_get(stack: Stack, ids: list[str], tasks: str, words: str, seconds: str | None) -> None:
    numbers = [int(task.split()[1]) for task in parse_list(tasks) if task != "all tasks"]
    for number in numbers or range(1, len(ids) + 1):
        stored = partial(worker.stored_result, stack, ids[number - 1])
        what = f"the caller of task {number} has an answer"
        answer = wait_until(
            lambda stored=stored: FINAL.search(stored()) and stored(), int(seconds or 5), what
        )
        assert f'"{words}"' in answer, f"task {number}: {answer}"
