"""The API: `uvicorn app.main:app`."""

import logging

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.openapi.utils import get_openapi

from app.routers import health
from app.settings import Settings, load_settings


def create_app(settings: Settings) -> FastAPI:
    """Return the API for these settings."""
    app = FastAPI(title="IA-CRM", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(health.router)
    app.add_middleware(
        CORSMiddleware, allow_origins=settings.allowed_origins, allow_methods=_methods(app)
    )
    return app


def _methods(app: FastAPI) -> list[str]:
    paths = get_openapi(title="", version="", routes=app.routes).get("paths", {})
    return sorted({method.upper() for path in paths.values() for method in path})


def _name_published_address(record: logging.LogRecord) -> bool:
    # uvicorn knows its address in the container only
    if _settings.api_url and "running on" in record.getMessage():
        record.msg = record.color_message = f"Ready: {_settings.api_url}/health"
        record.args = ()
    return True


_settings = load_settings()
logging.getLogger("uvicorn.access").addFilter(health.is_worth_logging)
logging.getLogger("uvicorn.error").addFilter(_name_published_address)
app = create_app(_settings)
