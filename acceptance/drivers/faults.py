"""An API that fails as it is told, in a thread of this process."""

import contextlib
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OK = (200, '{"status":"ok"}')
ANSWERS = {
    "answers status: ok": OK,
    "answers status: degraded": (200, '{"status":"degraded"}'),
    "answers without a status": (200, '{"health":"ok"}'),
    "answers null": (200, "null"),
    "answers with a web page": (200, "<!doctype html><title>Not the API</title>"),
    "answers with nothing": (200, ""),
    "answers HTTP 500": (500, '{"status":"ok"}'),  # who looks at the body alone is misled
    "answers HTTP 404": (404, '{"status":"ok"}'),
    (NO_CORS := "lets no page read its answer"): OK,
    (STALLED := "stops in the middle of its answer"): OK,
}
SILENT = "does not answer"


@dataclass(frozen=True)
class Request:
    """A request that has arrived: what for, and when."""

    url: str
    at: float


class FaultyApi:
    """Answers every request as it was last told; requests that wait follow when it is told otherwise."""

    def __init__(self):
        self._told = threading.Condition()
        self._does = SILENT
        self.requests: list[Request] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": self}))
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def begin(self, does: str) -> None:
        """Forget the requests so far, and do this from now on.

        Raises KeyError when it is no known behaviour.
        """
        self.requests.clear()
        self.now(does)

    def now(self, does: str) -> None:
        """Do this from now on, also for the requests that wait."""
        if does not in {SILENT, *ANSWERS}:
            raise KeyError(f"no such behaviour: {does}")
        with self._told:
            self._does = does
            self._told.notify_all()

    def wait_while(self, does: str) -> str:
        """Wait as long as it is to do this; return what it does instead."""
        with self._told:
            self._told.wait_for(lambda: self._does != does)
            return self._does

    def seconds_since_request(self) -> float:
        """How long ago the last request arrived."""
        return time.monotonic() - self.requests[-1].at

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    api: FaultyApi
    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        """Answer requests until the page is gone, also in the middle of one."""
        with contextlib.suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        path = self.requestline.split()[1]  # self.path has "/" where "//" was asked for
        self.api.requests.append(Request(f"http://{self.headers['Host']}{path}", time.monotonic()))
        does = self.api.wait_while(SILENT)
        code, body = ANSWERS[does]
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if does != NO_CORS:
            self.send_header("Access-Control-Allow-Origin", self.headers["Origin"])
        self.end_headers()
        if does == STALLED:
            self.wfile.write(body[:5].encode())
            self.api.wait_while(STALLED)
            body = body[5:]
        self.wfile.write(body.encode())

    def log_message(self, *_) -> None:
        """Be silent: the terminal belongs to the suite."""
