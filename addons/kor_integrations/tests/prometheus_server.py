"""Prometheus for tests: the real one where it is installed, else a server that answers in its documented format."""

import json
import shutil
import socket
import subprocess
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs


class RealPrometheus:
    """Run Prometheus over samples that `promtool` puts in its store: {unix time: value} of the series app_users."""

    def __init__(self, folder):
        self.folder, self.process, self.url = Path(folder), None, ""

    @staticmethod
    def is_there():
        return bool(shutil.which("prometheus") and shutil.which("promtool"))

    def set_samples(self, samples, name="app_users"):
        self.stop()
        lines = [
            f"# TYPE {name} gauge",
            *(f"{name}{labels} {value} {at}" for labels, at, value in samples),
            "# EOF",
            "",
        ]
        source = self.folder / "samples.txt"
        source.write_text("\n".join(lines))
        store = self.folder / "data"
        shutil.rmtree(store, ignore_errors=True)
        subprocess.run(
            ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(source), str(store)],
            check=True,
            capture_output=True,
        )
        self._start(store)

    def _start(self, store):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = self.folder / "prometheus.yml"
        settings.write_text("global: {}\n")
        self.process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={settings}",
                f"--storage.tsdb.path={store}",
                "--storage.tsdb.retention.time=20y",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.url = f"http://127.0.0.1:{port}"
        for _attempt in range(100):
            try:
                urllib.request.urlopen(f"{self.url}/-/ready", timeout=2).close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("Prometheus does not start")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(10)
            self.process = None


class SmallPrometheus:
    """Answer /api/v1/query and /api/v1/query_range for a gauge as Prometheus does: its last value within the hour."""

    def __init__(self):
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["Content-Length"])
                arguments = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
                owner.requests.append((self.path, dict(self.headers), arguments))
                status, body = owner.answer or owner._answer(self.path, arguments)
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_arguments):
                """Say nothing."""

        self.samples, self.answer, self.requests = [], None, []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def set_samples(self, samples):
        self.samples = samples

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def _answer(self, path, arguments):
        if path.endswith("/query"):
            return 200, {"status": "success", "data": {"resultType": "vector", "result": []}}
        result = []
        for labels in sorted({labels for labels, _at, _value in self.samples}):
            values = []
            for stamp in range(int(arguments["start"]), int(arguments["end"]) + 1, int(arguments["step"])):
                found = [value for own, at, value in self.samples if own == labels and stamp - 3600 < at <= stamp]
                values += [[stamp, str(max(found))]] if found else []
            metric = dict(part.split("=") for part in labels.strip("{}").replace('"', "").split(",") if part)
            result += [{"metric": metric, "values": values}] if values else []
        return 200, {"status": "success", "data": {"resultType": "matrix", "result": result}}
