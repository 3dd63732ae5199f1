"""Settings: defaults, overrides, the rules for CORS, and the words for a wrong value."""

import os
import subprocess
import sys

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
    monkeypatch.setenv("ENVIRONMENT", "staging")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@db:1/x")
    monkeypatch.setenv("REDIS_URL", "redis://cache:2/3")
    settings = Settings()
    assert settings.environment == "staging"
    assert str(settings.database_url) == "postgresql://u:p@db:1/x"
    assert str(settings.redis_url) == "redis://cache:2/3"


@pytest.mark.parametrize(
    ("environment", "origins", "allowed"),
    [
        ("local", "", PAGE_ORIGINS),
        ("dev", " , ", PAGE_ORIGINS),
        ("production", "", []),
        ("staging", "", []),
        ("development", "", []),
        ("test", "", []),
        ("production", "http://a.example", ["http://a.example"]),
        (
            "local",
            " http://a.example:1 ,https://b.example,",
            ["http://a.example:1", "https://b.example"],
        ),
        ("local", "http://[::1]:3000", ["http://[::1]:3000"]),
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
        ("CORS_ORIGINS", "http://a.example:80"),
        ("CORS_ORIGINS", "http://a.example:port"),
        ("CORS_ORIGINS", "http://*.example"),
        ("REDIS_URL", "localhost:6379"),
        ("DATABASE_URL", "mysql://localhost/x"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_variable(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as stopped:
        load_settings()
    assert str(stopped.value).startswith(f"{variable}: ")
    assert "\n" not in str(stopped.value)


@pytest.mark.parametrize(
    ("module", "variable"),
    [("app.main", "CORS_ORIGINS"), ("app.main", "DATABASE_URL"), ("app.worker", "REDIS_URL")],
)
def test_a_wrong_value_ends_the_service_with_that_line(module, variable):
    command = [sys.executable, "-c", f"import {module}"]
    variables = os.environ | {variable: "nonsense"}
    service = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    [line] = service.stderr.splitlines()
    assert service.returncode == 1 and line.startswith(f"{variable}: ")
