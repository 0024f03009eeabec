"""A real server on 127.0.0.1 that keeps what it is sent and answers as told."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TEXT = "text/plain"


class Receiver(ThreadingHTTPServer):
    """Keeps `requests` as (method, path, headers, body); `answer` gets these and returns status, headers, content.

    An answer may be a function instead: it is called with the handler and does with the connection as it likes.
    """

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, answer=None, address=("127.0.0.1", 0)):
        super().__init__(address, _Handler)
        self.requests = []
        self.answer = answer or (lambda *_request: (204, {}, b""))

    @property
    def host(self):
        return f"127.0.0.1:{self.server_port}"

    @property
    def url(self):
        return f"http://{self.host}/hooks"

    def start(self):
        """Serve in a thread of its own until `stop`."""
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def stop(self):
        self.shutdown()
        self.server_close()
        self._thread.join()

    def handle_error(self, request, client_address):
        """Stay silent: senders hang up on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = (self.command, self.path, dict(self.headers), body)
        self.server.requests.append(request)
        answer = self.server.answer(*request)
        if callable(answer):
            answer(self)
            self.close_connection = True
            return
        status, headers, content = answer
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = _serve

    def log_message(self, *_args):
        """Stay silent."""


@contextlib.contextmanager
def receiving(answer=None):
    """Yield a receiver that serves until the end."""
    server = Receiver(answer).start()
    try:
        yield server
    finally:
        server.stop()
