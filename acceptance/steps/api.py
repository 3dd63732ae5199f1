"""Steps about the api over HTTP, and what a browser makes of its CORS headers."""

import requests
from pytest_bdd import parsers, then, when

from acceptance.drivers import data, http_client
from acceptance.drivers.shell import Result
from acceptance.drivers.stack import Stack
from acceptance.steps import column, parse_list

IMPORTS = {"api": "import app.main", "worker": "import app.worker"}


@when(parsers.re(r"GET (?P<path>/\S*) is sent to the api"), target_fixture="response")
def send(stack: Stack, path: str) -> requests.Response:
    return http_client.send("GET", stack.api_url + path)


@then(parsers.re(r"the answer is HTTP (?P<code>\d+)( with exactly (?P<body>.+))?"))
def answer_is(response: requests.Response, code: str, body: str | None) -> None:
    assert response.status_code == int(code)
    if body:
        assert response.text == body
        assert response.headers["content-type"] == "application/json"


@then("the api answers these requests with these status codes")
def answers(stack: Stack, datatable: list[list[str]]) -> None:
    codes = [
        [method, path, str(http_client.send(method, stack.api_url + path).status_code)]
        for method, path, _ in datatable
    ]
    assert codes == datatable


@then("pages from these origins may call the api")
def may_call(stack: Stack, datatable: list[list[str]]) -> None:
    url = f"{stack.api_url}/health"
    seen = {origin: http_client.may_call(url, origin) for origin in column(datatable)}
    assert seen == dict.fromkeys(seen, (True, True))


@then("pages from these origins may not call the api")
def may_not_call(stack: Stack, datatable: list[list[str]]) -> None:
    url = f"{stack.api_url}/health"
    seen = {origin: http_client.may_call(url, origin) for origin in column(datatable)}
    assert seen == dict.fromkeys(seen, (False, False))


@then(parsers.parse("{services} reach Redis, and Postgres with a login for {database}"))
def reach(stack: Stack, services: str, database: str) -> None:
    for service in parse_list(services):
        login = stack.run_probe(service, "reach").checked().output.split()
        assert data.login(stack.port("postgres"), *login) == database, service


@when(
    parsers.re(r"(?P<service>\w+) is started once more with (?P<name>\w+)=(?P<value>.*)"),
    target_fixture="result",
)
def start_once_more(stack: Stack, service: str, name: str, value: str) -> Result:
    return stack.execute(service, ["env", f"{name}={value}", "python", "-c", IMPORTS[service]])
