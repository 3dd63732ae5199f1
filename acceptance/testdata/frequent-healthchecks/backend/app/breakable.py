"""The product's api, whose /health fails once /break was asked."""

from collections.abc import Awaitable, Callable

from app.main import app
from fastapi import Request, Response

broken = set[str]()


@app.middleware("http")
async def fail(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    if request.url.path == "/break":
        broken.add("/health")
        return Response()
    if request.url.path in broken:
        return Response(status_code=500)
    return await call_next(request)
