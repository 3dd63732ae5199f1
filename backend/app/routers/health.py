"""`GET /health`."""

import logging

from fastapi import APIRouter

router = APIRouter()


def is_worth_logging(record: logging.LogRecord) -> bool:
    """Filter successful healthchecks from the access log."""
    return '"HEAD /health HTTP/1.0" 200' not in record.getMessage()


@router.head("/health")
@router.get("/health")
async def health() -> dict[str, str]:
    """Report that the process answers.

    Liveness only: it asks neither Postgres nor Redis, so it answers while they are down.
    """
    return {"status": "ok"}
