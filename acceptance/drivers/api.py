"""What the api and the worker make of their settings, and the api's routes; asked where they run."""

from acceptance.drivers.commands import Result
from acceptance.drivers.stack import Stack

ROUTES = "from app.main import app; [print(method, route.path) for route in app.routes for method in route.methods]"
SETTINGS = """
from app.settings import load_settings
settings = load_settings()
for name in {names}:
    print(getattr(settings, name.lower()))
"""
BAD_SETTING = """
import os
os.environ[{name!r}] = {value!r}
import app.{module}
"""
MODULES = {"api": "main", "worker": "worker"}
# the request for encryption, which every Postgres answers with one letter
REACH_POSTGRES = """
import os, socket, urllib.parse
url = urllib.parse.urlsplit(os.environ['DATABASE_URL'])
with socket.create_connection((url.hostname, url.port), timeout=5) as server:
    server.sendall(bytes.fromhex('0000000804d2162f'))
    assert server.recv(1) in b'SN', 'what answers there is no Postgres'
print(url.username, url.password, url.path.strip('/'))
"""
REACH_REDIS = "import os, redis; print(redis.from_url(os.environ['REDIS_URL']).ping())"


def _say(stack: Stack, code: str, without: tuple[str, ...] = (), service: str = "api") -> list[str]:
    result = stack.run_python(service, code, without)
    assert result.exit_code == 0, str(result)
    return result.output.splitlines()


def routes(stack: Stack) -> list[str]:
    """Method and path of everything that the api exposes."""
    return sorted(_say(stack, ROUTES))


def default_settings(stack: Stack, names: list[str]) -> dict[str, str]:
    """What the settings of these names are when none of the variables is there."""
    return dict(zip(names, _say(stack, SETTINGS.format(names=names), tuple(names)), strict=True))


def load_with(stack: Stack, service: str, name: str, value: str) -> Result:
    """What the api or the worker says when it is loaded, and one variable has this value."""
    return stack.run_python(
        service, BAD_SETTING.format(name=name, value=value, module=MODULES[service])
    )


def database_login(stack: Stack, service: str) -> list[str]:
    """User, password and database of the DATABASE_URL with which a service reaches a Postgres."""
    return _say(stack, REACH_POSTGRES, service=service)[0].split()


def redis_answers(stack: Stack, service: str) -> bool:
    """Whether a server answers PING at a service's REDIS_URL."""
    return _say(stack, REACH_REDIS, service=service) == ["True"]
