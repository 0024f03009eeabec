"""Prometheus for tests: the real one where it is installed, else a server that answers in its documented format."""

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from urllib.parse import parse_qs

from .receiver import Receiver


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


class SmallPrometheus(Receiver):
    """Answer /api/v1/query and /api/v1/query_range for a gauge as Prometheus does: its last value within the hour.

    A test may give another answer as `forced`: a status, and bytes or what they are the JSON of.
    """

    def __init__(self):
        super().__init__(self._respond)
        self.samples, self.forced = [], None

    @property
    def url(self):
        return f"http://{self.host}"

    def set_samples(self, samples):
        self.samples = samples

    def _respond(self, _method, path, _headers, body):
        arguments = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        status, found = self.forced or self._answer(path, arguments)
        content = found if isinstance(found, bytes) else json.dumps(found).encode()
        return status, {"Content-Type": "application/json"}, content

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
