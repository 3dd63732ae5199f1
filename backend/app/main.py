"""The API: `uvicorn app.main:app`."""

import logging

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from app.routers import health
from app.settings import Settings, load_settings


def create_app(settings: Settings) -> FastAPI:
    """Return the API for these settings."""
    app = FastAPI(title="IA-CRM", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(health.router)
    app.add_middleware(CORSMiddleware, allow_origins=settings.allowed_origins, allow_methods=["*"])
    return app


logging.getLogger("uvicorn.access").addFilter(health.is_worth_logging)
app = create_app(load_settings())
