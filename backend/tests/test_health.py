"""`GET /health`, CORS and internal errors."""

import logging

import pytest
from app.main import create_app
from app.settings import Settings
from fastapi.testclient import TestClient


def client() -> TestClient:
    return TestClient(create_app(Settings()), raise_server_exceptions=False)


def preflight(origin: str, method: str = "GET"):
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    json = {"Access-Control-Request-Headers": "Content-Type"}
    return client().options("/health", headers=asked | json)


def test_health_answers_ok():
    response = client().get("/health")
    assert response.status_code == 200
    assert response.json() == {"status": "ok"}
    assert client().head("/health").status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://localhost:5173.evil.example",
        "http://localhost:51730",
        "https://localhost:5173",
        "http://192.168.1.10:5173",
        "null",
    ],
)
def test_foreign_origins_are_refused(origin):
    simple = client().get("/health", headers={"Origin": origin})
    assert "access-control-allow-origin" not in {*simple.headers, *preflight(origin).headers}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_page_may_send_json(method):
    assert preflight("http://localhost:5173", method).is_success


@pytest.mark.parametrize(
    ("method", "status", "logged"), [("HEAD", 200, False), ("HEAD", 500, True), ("GET", 200, True)]
)
def test_access_log_skips_healthchecks(caplog, method, status, logged):
    words = '%s - "%s %s HTTP/%s" %d'
    with caplog.at_level("INFO", "uvicorn.access"):
        logging.getLogger("uvicorn.access").info(words, "peer", method, "/health", "1.0", status)
    assert bool(caplog.records) == logged


def test_internal_error_hides_its_cause():
    app = create_app(Settings())

    @app.get("/raises")
    def raises() -> None:
        raise RuntimeError("a secret")

    response = TestClient(app, raise_server_exceptions=False).get("/raises")
    assert response.status_code == 500
    assert len(response.text) < 100 and "secret" not in response.text
