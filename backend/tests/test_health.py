"""`GET /health`, and how the API answers when something goes wrong."""

from app.main import create_app
from app.settings import Settings
from fastapi.testclient import TestClient


def test_health_answers_ok():
    response = TestClient(create_app(Settings())).get("/health")
    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


def test_internal_error_is_a_short_500_without_internals():
    app = create_app(Settings())

    @app.get("/raises")
    def raises() -> None:
        raise RuntimeError("a secret")

    response = TestClient(app, raise_server_exceptions=False).get("/raises")
    assert response.status_code == 500
    assert len(response.text) < 100
    assert "secret" not in response.text
