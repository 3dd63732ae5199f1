"""What can be asked of the project: each observable is a list of texts, which a table is held against."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_bdd import parsers, then

from acceptance.drivers import data, readme, worker
from acceptance.drivers.compose import ComposeStack, engine_inventory
from acceptance.drivers.http_client import is_listening
from acceptance.drivers.stack import Stack, lasting_services, published_ports, services_of
from acceptance.drivers.workspace import ROOT, Workspace

BACKEND = ("api", "worker")
PROJECT = Workspace(ROOT)


def variables() -> list[str]:
    api, of_worker = (services_of(PROJECT)[name].environment for name in BACKEND)
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
    ports = [stack.port(port.service) for port in published_ports(stack.workspace)]
    # what listens on all addresses answers on the second one, too
    both = ("127.0.0.1", "127.0.0.2")
    return [address for port in ports for address in both if is_listening(port, address)]


def log_settings(stack: ComposeStack) -> list[str]:
    kept = [each.host_config.log_config for each in stack.containers().values()]
    return [" ".join([each.type, *map("=".join, sorted(each.config.items()))]) for each in kept]


def leftovers(stack: ComposeStack) -> list[str]:
    return [line for line in engine_inventory(stack.project) if not line.startswith("image ")]


OF_PROJECT: dict[str, Callable[[], list[str]]] = {
    "commands of README.md": lambda: [line for block in readme.blocks() for line in block],
    "services of docker-compose.yml": lambda: list(services_of(PROJECT)),
    "variables of api and worker": variables,
    "default ports": lambda: [f"{p.service} {p.default}" for p in published_ports(PROJECT)],
    "restart policies": lambda: [spec.restart for spec in lasting_services(PROJECT).values()],
    "command of the worker": lambda: [" ".join(services_of(PROJECT)["worker"].command)],
}
OF_STACK: dict[str, Callable[[Any], list[str]]] = {
    "routes of the api": lambda s: s.run_probe("api", "routes").checked().output.splitlines(),
    "tasks of the worker": worker.registered_tasks,
    "relations of the database": lambda stack: data.relations(stack.port("postgres")),
    "privileges of the containers": privileges,
    "log settings of the containers": log_settings,
    "files of the image": lambda stack: stack.execute("api", ["ls", "-A"]).output.split(),
    "addresses of the published ports": addresses,
    "leftovers of the stack": leftovers,
}


@then(parsers.re("the (?P<what>.+) (?P<how>is exactly|are exactly|include)"))
def observe(
    request: pytest.FixtureRequest, what: str, how: str, datatable: list[list[str]]
) -> None:
    if what in OF_PROJECT:
        found = OF_PROJECT[what]()
    else:
        found = OF_STACK[what](request.getfixturevalue("stack"))
    seen = sorted(set(found)) or ["none"]
    expected = [text for [text] in datatable]
    missing = [text for text in expected if text not in seen]
    others = [text for text in seen if text not in expected] if how != "include" else []
    assert not missing and not others, f"{what}: missing {missing}, unexpected {others}"
