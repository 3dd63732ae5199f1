"""The api's own view of its routes and settings, asked where it runs."""

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
from app.settings import load_settings
load_settings()
"""
REACH_POSTGRES = """
import os, socket, urllib.parse
url = urllib.parse.urlsplit(os.environ['DATABASE_URL'])
socket.create_connection((url.hostname, url.port), timeout=5).close()
print(url.username, url.password, url.path.strip('/'))
"""
REACH_REDIS = "import os, redis; print(redis.from_url(os.environ['REDIS_URL']).ping())"


def _say(stack: Stack, code: str, without: tuple[str, ...] = ()) -> list[str]:
    result = stack.run_python("api", code, without)
    assert result.exit_code == 0, str(result)
    return result.output.splitlines()


def routes(stack: Stack) -> list[str]:
    """Method and path of everything that the api exposes."""
    return sorted(_say(stack, ROUTES))


def default_settings(stack: Stack, names: list[str]) -> dict[str, str]:
    """What the settings of these names are when none of the variables is there."""
    return dict(zip(names, _say(stack, SETTINGS.format(names=names), tuple(names)), strict=True))


def read_settings(stack: Stack, name: str, value: str):
    """What the api says when it reads its settings, and one has this value."""
    return stack.run_python("api", BAD_SETTING.format(name=name, value=value))


def database_login(stack: Stack) -> list[str]:
    """User, password and database of the DATABASE_URL with which the api reaches a server."""
    return _say(stack, REACH_POSTGRES)[0].split()


def redis_answers(stack: Stack) -> bool:
    """Whether a server answers PING at the api's REDIS_URL."""
    return _say(stack, REACH_REDIS) == ["True"]
