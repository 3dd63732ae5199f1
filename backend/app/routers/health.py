"""`GET /health`."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

router = APIRouter()


class Health(BaseModel):
    """Body of `GET /health`."""

    status: Literal["ok"] = "ok"


@router.get("/health")
async def health() -> Health:
    """Report that the process can answer.

    Liveness only: it asks neither Postgres nor Redis, so it answers when they are down.
    """
    return Health()
