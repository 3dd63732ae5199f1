"""Servers in threads of this process: the built page, an API that fails as it is told, the way to what is elsewhere."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseRequestHandler, TCPServer, ThreadingTCPServer

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
    (SILENT := "does not answer"): OK,
}


@contextlib.contextmanager
def running(server: TCPServer) -> Iterator[TCPServer]:
    """Let a server answer in a thread of its own, until the block ends."""
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


class Passage(ThreadingTCPServer):
    """Passes connections on to `target`, a port of this machine, which may change: the browser knows one port only."""

    daemon_threads = True
    target: int | None = None

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Passenger)
        self.server_port = self.server_address[1]
        self.passengers: set[socket.socket] = set()

    def lead_to(self, target: int) -> None:
        """Pass connections on to this port from now on, and end those that lead elsewhere."""
        if target != self.target:
            self.target = target
            for passenger in list(self.passengers):
                with contextlib.suppress(OSError):
                    passenger.shutdown(socket.SHUT_RDWR)


class _Passenger(BaseRequestHandler):
    def handle(self) -> None:
        """Carry bytes both ways until both sides have ended; end at once when nobody listens at the target."""
        with (
            contextlib.suppress(ConnectionError),
            socket.create_connection(("127.0.0.1", self.server.target)) as there,
        ):
            self.server.passengers.add(self.request)
            back = threading.Thread(target=_carry, args=(there, self.request), daemon=True)
            back.start()
            _carry(self.request, there)
            back.join()
            self.server.passengers.remove(self.request)


def _carry(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


class FileServer(ThreadingHTTPServer):
    """Serves `folder`, which may change, always on the same port."""

    folder: Path

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Files)

    def finish_request(self, request, client_address) -> None:
        """Answer from the folder of the moment."""
        self.RequestHandlerClass(request, client_address, self, directory=self.folder)


class _Files(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        """Let the browser keep nothing: the next page at this address is another one."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_) -> None:
        """Be silent: the terminal belongs to the suite."""


class FaultyApi(ThreadingHTTPServer):
    """Answers every request as it was last told; requests that wait follow when it is told otherwise."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Api)
        self._told, self._does = threading.Condition(), SILENT
        self.asked: list[str] = []  # the address of each request

    def begin(self, does: str) -> None:
        """Forget the requests so far, and do this from now on."""
        self.asked.clear()
        self.now(does)

    def now(self, does: str) -> None:
        """Do this from now on, also for the requests that wait.

        Raises KeyError when it is no known behaviour.
        """
        ANSWERS[does]
        with self._told:
            self._does = does
            self._told.notify_all()

    def wait_while(self, does: str) -> str:
        """Wait as long as it is to do this; return what it does instead."""
        with self._told:
            self._told.wait_for(lambda: self._does != does)
            return self._does


class _Api(BaseHTTPRequestHandler):
    server: FaultyApi
    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        """Answer requests until the page is gone, also in the middle of one."""
        with contextlib.suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        path = self.requestline.split()[1]  # self.path has "/" where "//" was asked for
        self.server.asked.append(f"http://{self.headers['Host']}{path}")
        does = self.server.wait_while(SILENT)
        code, body = ANSWERS[does]
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if does != NO_CORS:
            self.send_header("Access-Control-Allow-Origin", self.headers["Origin"])
        self.end_headers()
        if does == STALLED:
            self.wfile.write(body[:5].encode())
            self.server.wait_while(STALLED)
            body = body[5:]
        self.wfile.write(body.encode())

    def log_message(self, *_) -> None:
        """Be silent: the terminal belongs to the suite."""
