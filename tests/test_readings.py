"""Readings from outside: posted at the same time in whatever order, and by the exporter of the documentation."""

import json
import os
import random
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import clients
import pytest
import requests

SCALING = Path(__file__).resolve().parents[1] / "docs" / "scaling.md"

POSTERS, HOURS, REVISIONS = 6, 48, 4
METRICS = ("readings_sum", "readings_max", "readings_average")


def quantity_of(hour, revision):
    return hour * 10 + revision * 7 % 5


def make_readings(contract, rng):
    """Return every revision of every hour of every metric, mixed."""
    readings = [
        {
            "contract": contract,
            "metric": metric,
            "hour": f"2026-01-{10 + hour // 24}T{hour % 24:02}:00:00Z",
            "quantity": quantity_of(hour, revision),
            "revision": revision,
        }
        for metric in METRICS
        for hour in range(HOURS)
        for revision in range(REVISIONS)
    ]
    rng.shuffle(readings)
    return readings


def post(site, readings):
    headers = {"Authorization": f"Bearer {clients.api_key(site, 'admin')}"}
    step = 40
    for start in range(0, len(readings), step):
        batch = {"readings": readings[start : start + step]}
        answer = requests.post(f"{site.url}/kor/api/v1/usage/readings", json=batch, headers=headers, timeout=60)
        assert answer.status_code == 202, answer.text
        assert not answer.json()["rejected"]


def test_posts_at_the_same_time_come_to_the_highest_revisions(site):
    admin = clients.XmlRpc(site, "admin")
    names = dict(zip(METRICS, ("sum", "max", "time_weighted"), strict=True))
    for code, aggregation in names.items():
        admin.create("kor.metric", {"name": code, "code": code, "unit": "unit", "aggregation": aggregation})
    contract = clients.make_contract(admin, "Quarry")
    mixed = [make_readings(contract, random.Random(number)) for number in range(POSTERS)]
    clients.at_once(lambda readings: post(site, readings), mixed)
    rows = clients.query(
        site,
        """SELECT m.code, sum(r.total), max(r.highest), sum(r.readings), sum(r.events), count(*)
             FROM kor_usage_rollup r JOIN kor_metric m ON m.id = r.metric_id
            WHERE contract_id = %s GROUP BY m.code""",
        contract,
    )
    quantities = [quantity_of(hour, REVISIONS - 1) for hour in range(HOURS)]
    found = {code: tuple(map(int, numbers)) for code, *numbers in rows}
    for code, aggregation in names.items():
        highest = 0 if aggregation == "sum" else max(quantities)
        assert found[code][:4] == (sum(quantities), highest, HOURS, HOURS), code
    stored = clients.query(
        site, "SELECT count(*), min(revision) FROM kor_usage_reading WHERE contract_id = %s", contract
    )
    assert stored == [(HOURS * len(METRICS), REVISIONS - 1)]


class ClickHouse(BaseHTTPRequestHandler):
    """Answer as ClickHouse does over HTTP, with the rows of the server."""

    def do_POST(self):
        query = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.send_response(200 if query.strip().endswith("FORMAT JSONEachRow") else 400)
        self.end_headers()
        self.wfile.write("\n".join(map(json.dumps, self.server.rows)).encode())

    def log_message(self, format, *args):
        """Keep quiet."""


@pytest.fixture
def clickhouse():
    server = HTTPServer(("127.0.0.1", 0), ClickHouse)
    server.rows = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def exporter(site, clickhouse, tmp_path):
    """Return what runs the documented exporter, and the environment in which it does."""
    script = tmp_path / "exporter.py"
    script.write_text(re.search(r"```python\n(.*?)```", SCALING.read_text(), re.DOTALL).group(1))
    environment = {
        **os.environ,
        "CLICKHOUSE_URL": f"http://127.0.0.1:{clickhouse.server_port}/",
        "KOR_URL": site.url,
        "KOR_KEY": clients.api_key(site, "admin"),
    }

    def export(*hours):
        """Export (number of the contract, hour, quantity, events) and return how the exporter ended, and its words."""
        clickhouse.rows = [
            {"contract": name, "metric": "api_calls", "hour": f"2026-01-10T{hour:02}:00:00Z", "quantity": quantity,
             "events": events, "revision": events}
            for name, hour, quantity, events in hours
        ]  # fmt: skip
        done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stderr

    return export, environment


def test_documented_exporter_brings_hours_and_their_late_events(site, exporter):
    export, environment = exporter
    admin = clients.XmlRpc(site, "admin")
    contract = clients.make_contract(admin, "Ravine")
    [found] = admin.call("kor.contract", "read", [contract], fields=["name"])

    def used():
        return admin.call("kor.contract", "usage", [contract], date_from="2026-01-01", date_to="2026-01-31")["metrics"][
            0
        ]

    name = found["name"]
    first = [(name, 8, "100.5", 10), (name, 9, "20", 2)]
    for label, hours, quantity, events in (
        ("first run", first, 120.5, 12),
        ("again", first, 120.5, 12),
        ("late events", [(name, 8, "110.5", 11), (name, 9, "20", 2)], 130.5, 13),
        ("an old state", first, 130.5, 13),
    ):
        assert export(*hours) == (0, ""), label
        assert (used()["quantity"], used()["events"]) == (quantity, events), label
    code, words = export(("nobody", 8, "1", 1))
    assert code == 1 and "unknown" in words
    environment["KOR_KEY"] = "0" * 40
    code, words = export(*first)
    assert code == 1 and "401" in words
