"""Settings: defaults, overrides, the rules for CORS, and the words for a wrong value."""

import os
import subprocess
import sys
from urllib.parse import unquote, urlsplit

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


@pytest.mark.parametrize("value", ["@/:#%$?[]'\" \\é", "%41", " ", "8000", "0.0.0.0", "redis:6379"])
def test_credentials_are_encoded_in_the_url(monkeypatch, value):
    for name in ("USER", "PASSWORD", "DB"):
        monkeypatch.setenv(f"POSTGRES_{name}", f"{name}1{value}" if name != "USER" else "it")
    monkeypatch.setenv("POSTGRES_ADDRESS", "db:1")
    url = urlsplit(str(Settings().database_url))
    assert unquote(url.password or "") == f"PASSWORD1{value}"
    assert unquote(url.path) == f"/DB1{value}"
    assert (url.username, url.hostname, url.port) == ("it", "db", 1)


def test_neither_repr_nor_errors_hold_a_password(monkeypatch, capsys):
    monkeypatch.setenv("POSTGRES_PASSWORD", "s3cret\n")
    monkeypatch.setenv("REDIS_URL", "http://:s3cret@redis")
    with pytest.raises(SystemExit) as stopped:
        load_settings()
    assert len(str(stopped.value).splitlines()) == 2 and "s3cret" not in str(stopped.value)
    monkeypatch.setenv("POSTGRES_PASSWORD", "s3cret")
    monkeypatch.delenv("REDIS_URL")
    assert "s3cret" not in repr(Settings())


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
        ("local", "http://xn--9ca.fr,http://10.0.0.1", ["http://xn--9ca.fr", "http://10.0.0.1"]),
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
        ("CORS_ORIGINS", "http://é.fr"),
        ("CORS_ORIGINS", "http://a b"),
        ("CORS_ORIGINS", "http://a..b"),
        ("CORS_ORIGINS", "http://-"),
        ("CORS_ORIGINS", "http://a.example:0"),
        ("CORS_ORIGINS", "http://a.example:99999"),
        ("CORS_ORIGINS", "http://127.1"),
        ("CORS_ORIGINS", "http://[0:0::1]"),
        ("CORS_ORIGINS", "null"),
        ("ENVIRONMENT", "LOCAL"),
        ("ENVIRONMENT", " local"),
        ("POSTGRES_USER", "pg_x"),
        ("POSTGRES_USER", "public"),
        ("POSTGRES_USER", "a$b"),
        ("POSTGRES_USER", "é" * 32),
        ("POSTGRES_DB", "template0"),
        ("POSTGRES_DB", "x" * 64),
        ("POSTGRES_DB", "a\tb"),
        ("POSTGRES_PASSWORD", "a\nb"),
        ("POSTGRES_PASSWORD", "md5" + "0a" * 16),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "redis://redis:6379/cache"),
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


def test_a_file_beside_them_sets_nothing(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("ENVIRONMENT=production\n")
    monkeypatch.chdir(tmp_path)
    assert Settings().environment == "local"
