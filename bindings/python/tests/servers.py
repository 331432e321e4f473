"""A server that is not the service: it notes who tells it an Authorization."""

from __future__ import annotations

import http.server
import threading
from typing import Any


class Elsewhere:
    """Answers each request with one status."""

    def __init__(self, status: int) -> None:
        self.headers: list[str | None] = []
        elsewhere = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                elsewhere.headers.append(self.headers.get("Authorization"))
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            do_GET = do_POST

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self) -> Elsewhere:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
