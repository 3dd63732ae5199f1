"""What can be asked of the project: each observable is a list of texts, which a table is held against."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_bdd import parsers, then

from acceptance.drivers import data, readme
from acceptance.drivers.compose import ComposeStack
from acceptance.drivers.stack import Stack, published_ports, services_of

BACKEND = ("api", "worker")


def variables(stack: Stack) -> list[str]:
    api, of_worker = (services_of(stack.workspace)[name].environment for name in BACKEND)
    return [*api, *(of_worker.keys() ^ api.keys())]


def privileges(stack: Stack) -> list[str]:
    found = []
    for service in stack.services():
        text = stack.execute(service, ["cat", "/proc/1/status"]).checked().output
        status = dict(line.split(":", 1) for line in text.splitlines())
        found.append("root" if "0" in status["Uid"].split() else "not root")
        found.append(f"capabilities {int(status['CapBnd'], 16)}")
        found.append(f"NoNewPrivs {status['NoNewPrivs'].strip()}")
    return found


def addresses(stack: Stack) -> list[str]:
    published = {port.service for port in published_ports(stack.workspace)}
    running = published & set(stack.services())
    listening = [(name, address) for name in running for address in stack.listening_on(name)]
    return [
        address if address == "127.0.0.1" else f"{address} of {name}" for name, address in listening
    ]


def restart_policies(stack: Stack) -> list[str]:
    specs = services_of(stack.workspace)
    return [specs[name].restart for name in stack.services()]


def log_settings(stack: ComposeStack) -> list[str]:
    kept = [stack.container(name).host_config.log_config for name in stack.services()]
    return [" ".join([each.type, *map("=".join, sorted(each.config.items()))]) for each in kept]


OF_STACK: dict[str, Callable[[Any], list[str]]] = {
    "routes of the api": lambda stack: stack.run_probe("api", "routes").output.splitlines(),
    "tasks of the worker": lambda s: s.run_probe("api", "registered_tasks").output.splitlines(),
    "command of the worker": lambda s: [" ".join(services_of(s.workspace)["worker"].command)],
    "relations of the database": lambda stack: data.relations(stack.port("postgres")),
    "services of docker-compose.yml": lambda stack: list(services_of(stack.workspace)),
    "variables of api and worker": variables,
    "privileges of the containers": privileges,
    "log settings of the containers": log_settings,
    "files of the image": lambda stack: stack.execute("api", ["ls", "-A"]).output.split(),
    "default ports": lambda stack: [
        f"{port.service} {port.default}" for port in published_ports(stack.workspace)
    ],
    "addresses of the published ports": addresses,
    "restart policies": restart_policies,
    "leftovers of the stack": lambda stack: stack.leftovers(),
}


@then(parsers.re("the (?P<what>.+) (?P<how>is exactly|are exactly|include)"))
def observe(
    request: pytest.FixtureRequest, what: str, how: str, datatable: list[list[str]]
) -> None:
    if what == "commands of README.md":
        found = [line for block in readme.blocks() for line in block]
    else:
        found = OF_STACK[what](request.getfixturevalue("stack"))
    seen = sorted(set(found)) or ["none"]
    expected = [text for [text] in datatable]
    missing = [text for text in expected if text not in seen]
    others = [text for text in seen if text not in expected] if how != "include" else []
    assert not missing and not others, f"{what}: missing {missing}, unexpected {others}"
