"""`GET /health`."""

import logging
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

router = APIRouter()


def is_worth_logging(record: logging.LogRecord) -> bool:
    """Filter the access log: a healthcheck that succeeds is not worth a line."""
    return '"HEAD /health HTTP/1.0" 200' not in record.getMessage()


class Health(BaseModel):
    """Body of `GET /health`."""

    status: Literal["ok"] = "ok"


@router.head("/health")
@router.get("/health")
async def health() -> Health:
    """Report that the process can answer.

    Liveness only: it asks neither Postgres nor Redis, so it answers when they are down.
    """
    return Health()
