"""Steps about the api over HTTP, its settings, and what a browser makes of its CORS headers."""

from pytest_bdd import parsers, then, when

from acceptance.drivers import api, data, http
from acceptance.steps import names
from acceptance.support.waiting import wait_until


@when(parsers.re(r"GET (?P<path>/\S*) is sent to the api"), target_fixture="response")
def send(stack, path):
    return http.send("GET", stack.api_url + path)


@then(parsers.parse("the status code is {code:d}"))
def status_code(response, code):
    assert response.status_code == code


@then(parsers.parse("the answer took less than the {seconds:d} seconds of the healthcheck"))
def in_time(response, seconds):
    assert response.elapsed.total_seconds() < seconds


@then(parsers.parse("the body is exactly {body}"))
def body_is(response, body):
    assert response.text == body


@then(parsers.parse("the content type is {content_type}"))
def content_type_is(response, content_type):
    assert response.headers["content-type"].split(";")[0] == content_type


@then(parsers.parse("the body is shorter than {count:d} characters and does not contain {text}"))
def body_short(response, count, text):
    assert len(response.text) < count and text not in response.text


@then("the api answers these requests so")
def answers_so(stack, datatable):
    codes = [
        [method, path, str(http.send(method, stack.api_url + path).status_code)]
        for method, path, _ in datatable
    ]
    assert codes == datatable


@then(parsers.parse("within {seconds:d} seconds GET {path} of the api answers {code:d}"))
def answers(stack, seconds, path, code):
    wait_until(
        lambda: http.status(stack.api_url + path) == code, seconds, f"GET {path} answers {code}"
    )


@then("pages from these origins may call the api")
def may_call(stack, datatable):
    seen = {origin: http.permissions(stack.api_url + "/health", origin) for [origin] in datatable}
    assert seen == {origin: {"GET": True, "preflight": True} for origin in seen}


@then("pages from these origins may not")
def may_not_call(stack, datatable):
    seen = {origin: http.permissions(stack.api_url + "/health", origin) for [origin] in datatable}
    assert seen == {origin: {"GET": False, "preflight": False} for origin in seen}


@then("the api's routes are exactly")
def routes_are(stack, datatable):
    assert api.routes(stack) == [route for [route] in datatable]


@then("without variables the api's settings are")
def default_settings(stack, datatable):
    assert api.default_settings(stack, [name for name, _ in datatable]) == dict(datatable)


@then(parsers.parse("{services} get exactly {variables}"))
def variables_of(stack, services, variables):
    for service in names(services):
        assert sorted(stack.definition(service)["environment"]) == sorted(names(variables)), service


@then(parsers.parse("the {service}'s DATABASE_URL reaches the database {database}"))
def database_url(stack, service, database):
    assert data.login(stack.ports["postgres"], *api.database_login(stack, service)) == database


@then(parsers.parse("the {service}'s REDIS_URL reaches a server that answers PING"))
def redis_url(stack, service):
    assert api.redis_answers(stack, service)


@then("these are refused at the start, each in one line that begins with the variable")
def refused(stack, datatable):
    for service, name, value in datatable:
        result = api.load_with(stack, service, name, value)
        lines = result.output.strip().splitlines()
        assert result.exit_code == 1 and len(lines) == 1 and lines[0].startswith(f"{name}: "), str(
            result
        )
