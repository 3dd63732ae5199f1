"""Settings: defaults, overrides, CORS rules and messages for invalid values."""

import runpy
from pathlib import Path
from urllib.parse import unquote, urlsplit

import app
import pytest
from app.settings import Settings, load_settings

PAGE_ORIGINS = ["http://localhost:5173", "http://127.0.0.1:5173"]


@pytest.mark.parametrize(
    "variables",
    [{}, dict.fromkeys(map(str.upper, Settings.model_fields), "")],
    ids=["unset", "empty"],
)
def test_defaults(monkeypatch, variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.environment == "local"
    assert str(settings.database_url) == "postgresql://postgres:postgres@localhost:5432/ia_crm"
    assert str(settings.redis_url) == "redis://localhost:6379/0"
    assert settings.allowed_origins == PAGE_ORIGINS


def test_variables_override_defaults(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@db:1/x")
    monkeypatch.setenv("REDIS_URL", "redis://cache:2/3")
    assert str(Settings().database_url) == "postgresql://u:p@db:1/x"
    assert str(Settings().redis_url) == "redis://cache:2/3"


@pytest.mark.parametrize("value", ["@/:#%$?[]'\" \\é", "%41", " ", "8000", "0.0.0.0", "redis:6379"])
def test_credentials_are_encoded(monkeypatch, value):
    for name in ("USER", "PASSWORD", "DB"):
        monkeypatch.setenv(f"POSTGRES_{name}", name + value)
    monkeypatch.setenv("POSTGRES_ADDRESS", "db:1")
    url = urlsplit(str(Settings().database_url))
    assert unquote(url.username or "") == f"USER{value}"
    assert unquote(url.password or "") == f"PASSWORD{value}"
    assert unquote(url.path) == f"/DB{value}"
    assert (url.hostname, url.port) == ("db", 1)


def test_passwords_stay_secret(monkeypatch):
    monkeypatch.setenv("POSTGRES_PASSWORD", "s3cret")
    assert "s3cret" not in repr(Settings())
    monkeypatch.setenv("DATABASE_URL", "mysql://:s3cret@db")
    monkeypatch.setenv("REDIS_URL", "http://:s3cret@redis")
    with pytest.raises(SystemExit) as stopped:
        load_settings()
    assert len(str(stopped.value).splitlines()) == 2 and "s3cret" not in str(stopped.value)


@pytest.mark.parametrize(
    ("environment", "origins", "allowed"),
    [
        ("local", "", PAGE_ORIGINS),
        ("LOCAL", "", PAGE_ORIGINS),
        ("dev", " , ", PAGE_ORIGINS),
        ("production", "", []),
        ("development", "", []),
        ("local", " http://a.b:1 ,https://c,", ["http://a.b:1", "https://c"]),
        ("local", "http://[::1]:3000,http://10.0.0.1", ["http://[::1]:3000", "http://10.0.0.1"]),
    ],
)
def test_cors_rules(monkeypatch, environment, origins, allowed):
    monkeypatch.setenv("ENVIRONMENT", environment)
    monkeypatch.setenv("CORS_ORIGINS", origins)
    assert Settings().allowed_origins == allowed


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "localhost:5173"),
        ("CORS_ORIGINS", "http://localhost:5173/"),
        ("CORS_ORIGINS", "http://LOCALHOST:5173"),
        ("CORS_ORIGINS", "http://a.example:port"),
        ("CORS_ORIGINS", "http://*.example"),
        ("REDIS_URL", "localhost:6379"),
        ("DATABASE_URL", "mysql://localhost/x"),
    ],
)
def test_invalid_value_is_one_line(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as stopped:
        load_settings()
    [line] = str(stopped.value).splitlines()
    assert line.startswith(f"{variable}: ")


@pytest.mark.parametrize(
    ("module", "variable"), [("main", "CORS_ORIGINS"), ("worker", "REDIS_URL")]
)
def test_invalid_value_stops_the_service(monkeypatch, module, variable):
    monkeypatch.setenv(variable, "nonsense")
    with pytest.raises(SystemExit, match=f"^{variable}: .+$"):
        runpy.run_path(str(Path(app.__file__).with_name(f"{module}.py")))
