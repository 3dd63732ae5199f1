"""Steps about the api over HTTP, its settings, and what a browser makes of its CORS headers."""

import requests
from pytest_bdd import parsers, then, when

from acceptance.drivers import data, http


@when(parsers.re(r"(?P<method>[A-Z]+) (?P<path>/\S*) is sent to the api"), target_fixture="response")
def send(stack, method, path):
    return http.send(method, stack.api_url + path)


@when(parsers.parse("a page from {origin} asks for /health"), target_fixture="allowed")
def ask_from(stack, origin):
    return http.cross_origin_get(stack.api_url + "/health", origin)


@when(parsers.parse("a page from {origin} sends a preflight for /health"), target_fixture="allowed")
def preflight_from(stack, origin):
    return http.preflight(stack.api_url + "/health", origin, "GET")


@then("the browser lets it read the answer")
def lets_read(allowed):
    assert allowed.permitted, allowed.reason


@then("the browser keeps the answer from it")
def keeps_answer(allowed):
    assert not allowed.permitted, allowed.reason


@then(parsers.parse("the status code is {code:d}"))
def status_code(response: requests.Response, code):
    assert response.status_code == code


@then(parsers.parse("the body is exactly {body}"))
def body_is(response: requests.Response, body):
    assert response.text == body


@then(parsers.parse("the content type is {content_type}"))
def content_type_is(response: requests.Response, content_type):
    assert response.headers["content-type"].split(";")[0] == content_type


@then(parsers.parse("the body does not contain {text}"))
def body_without(response: requests.Response, text):
    assert text not in response.text


@then(parsers.parse("the body is shorter than {count:d} characters"))
def body_short(response: requests.Response, count):
    assert len(response.text) < count


@then("the api's routes are exactly")
def routes_are(stack, datatable):
    code = "from app.main import app; [print(m, r.path) for r in app.routes for m in r.methods]"
    result = stack.run_python("api", code)
    assert result.exit_code == 0, str(result)
    assert sorted(result.output.splitlines()) == sorted(route for [route] in datatable)


REACH_POSTGRES = """
import os, socket, urllib.parse
url = urllib.parse.urlsplit(os.environ["DATABASE_URL"])
socket.create_connection((url.hostname, url.port), timeout=5).close()
print(url.username, url.password, url.path.strip("/"))
"""
SETTING = """
from app.settings import load_settings
value = getattr(load_settings(), {name!r})
print(value if isinstance(value, list) else str(value))
"""


@then(parsers.parse("without the variable {variable} its setting in the api is {default}"))
def default_setting(stack, variable, default):
    result = stack.run_python("api", SETTING.format(name=variable.lower()), without=(variable,))
    assert result.exit_code == 0 and result.output.strip() == default, str(result)


@then(parsers.parse("docker-compose.yml gives {service} exactly the variables"))
def variables_of(stack, service, datatable):
    assert set(stack.environment_of(service)) == {name for [name] in datatable}


@then(parsers.parse("the api's DATABASE_URL reaches the database {name}"))
def database_url(stack, name):
    reached = stack.run_python("api", REACH_POSTGRES)
    assert reached.exit_code == 0, str(reached)
    user, password, database = reached.output.split()
    connection = data.try_connect(stack.ports["postgres"], user, password, database)
    assert connection.error is None and database == name, str(connection.error)


@then("the api's REDIS_URL reaches a server that answers PONG")
def redis_url(stack):
    reached = stack.run_python("api", "import os, redis; print(redis.from_url(os.environ['REDIS_URL']).ping())")
    assert reached.exit_code == 0 and reached.output.strip() == "True", str(reached)


@when(parsers.parse("the api's settings are read with {variable} set to {value}"), target_fixture="result")
def read_settings(stack, variable, value):
    code = f"import os; os.environ[{variable!r}] = {value!r}; from app.settings import load_settings; load_settings()"
    return stack.run_python("api", code)


@then(parsers.parse("they are refused in one line that begins with {variable}"))
def refused(result, variable):
    lines = result.output.strip().splitlines()
    assert result.exit_code == 1 and len(lines) == 1 and lines[0].startswith(f"{variable}: "), str(result)
