"""`GET /health`, and how the API answers when something goes wrong."""

import logging

import pytest
from app.main import create_app
from app.settings import Settings
from fastapi import APIRouter
from fastapi.testclient import TestClient


def test_health_answers_ok():
    response = TestClient(create_app(Settings())).get("/health")
    assert response.status_code == 200
    assert response.json() == {"status": "ok"}

    assert TestClient(create_app(Settings())).head("/health").status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://localhost:5173.evil.example",
        "http://localhost:51730",
        "http://localhost:5174",
        "http://localhost",
        "https://localhost:5173",
        "http://sub.localhost:5173",
        "http://127.0.0.1:8000",
        "http://0.0.0.0:5173",
        "http://192.168.1.10:5173",
        "null",
    ],
)
def test_no_other_origin_may_call_by_default(origin):
    client = TestClient(create_app(Settings()))
    simple = client.get("/health", headers={"Origin": origin})
    asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    preflight = client.options("/health", headers=asked)
    assert not {*simple.headers, *preflight.headers} & {"access-control-allow-origin"}


@pytest.mark.parametrize(
    ("method", "header", "allowed"),
    [
        ("GET", "Content-Type", True),
        ("POST", "Content-Type", True),
        ("DELETE", "Content-Type", False),
        ("POST", "X-Other", False),
    ],
)
def test_pages_may_send_json_by_the_methods_that_the_routes_take(
    monkeypatch, method, header, allowed
):
    router = APIRouter()
    for each in ("GET", "POST"):
        router.add_api_route("/contacts", lambda: None, methods=[each])
    monkeypatch.setattr("app.routers.health.router", router)
    asked = {
        "Origin": "http://localhost:5173",
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": header,
    }
    answer = TestClient(create_app(Settings())).options("/contacts", headers=asked)
    assert answer.is_success == allowed, answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "logged"),
    [
        ("HEAD", "/health", 200, False),
        ("HEAD", "/health", 500, True),
        ("GET", "/health", 200, True),
    ],
)
def test_access_log_is_silent_about_healthchecks(caplog, method, path, status, logged):
    words = '%s - "%s %s HTTP/%s" %d'
    with caplog.at_level("INFO", "uvicorn.access"):
        logging.getLogger("uvicorn.access").info(words, "peer", method, path, "1.0", status)
    assert bool(caplog.records) == logged


def test_internal_error_is_a_short_500_without_internals():
    app = create_app(Settings())

    @app.get("/raises")
    def raises() -> None:
        raise RuntimeError("a secret")

    response = TestClient(app, raise_server_exceptions=False).get("/raises")
    assert response.status_code == 500
    assert len(response.text) < 100
    assert "secret" not in response.text
