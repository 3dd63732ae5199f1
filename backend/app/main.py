"""The API: `uvicorn app.main:app`."""

from typing import Literal

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

from app.settings import Settings, load_settings


class Health(BaseModel):
    """Body of `GET /health`."""

    status: Literal["ok"] = "ok"


async def health() -> Health:
    """Say that the process can answer.

    Liveness only: it asks neither Postgres nor Redis, so it answers when they are down.
    """
    return Health()


def create_app(settings: Settings) -> FastAPI:
    """Make the API for these settings; `/health` is all that it exposes."""
    app = FastAPI(title="IA-CRM", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(CORSMiddleware, allow_origins=settings.allowed_origins)
    app.get("/health")(health)
    return app


app = create_app(load_settings())
