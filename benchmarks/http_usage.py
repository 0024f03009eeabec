"""Usage events per second over HTTP, beside a bare COPY of the very same rows, in one run.

Four clients, processes of their own, post bodies that are ready to two workers with a bearer key. The bare side is
what the database can take at best: the rows that the clients' events became, copied into a table of the same columns
by one session, a statement and a commit for each batch; no checks, no index but the primary key. Rounds alternate
and the best of each side counts, so that a busy machine troubles both alike.
"""

import http.client
import io
import json
import pickle
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

CLIENTS, ROUNDS = 4, 3
SIZES = {1: 400, 100: 20_000, 1_000: 60_000, 10_000: 80_000}
PATH = "/kor/api/v1/usage"

PREPARE = """
import json
from datetime import timedelta
from odoo.fields import Command
metric = env["kor.metric"].create({"name": "Bench", "code": "bench_calls", "unit": "call", "aggregation": "sum"})
product = env["product.product"].create({"name": "Bench", "type": "service"})
line = {"product_id": product.id, "name": "Use", "charge_type": "usage", "metric_id": metric.id}
contracts = env["kor.contract"].create([
    {
        "partner_id": env["res.partner"].create({"name": f"Bench {number}", "is_company": True}).id,
        "tier_id": env.ref("kor_enterprise_tiers.tier_professional").id,
        "term": "monthly",
        "date_start": "2026-01-01",
        "line_ids": [Command.create(line)],
    }
    for number in range(10)
])
contracts.action_activate()
keys = env["res.users.apikeys"].with_user(env.ref("base.user_admin"))
key = keys._generate(None, "Bench", env.cr.now() + timedelta(hours=12))
with open(PATH, "w") as handle:
    json.dump({"key": key, "contracts": contracts.mapped("name")}, handle)
"""


def main(site):
    """Print the rates of both sides and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prepared.json"
        site.shell(f"PATH = {str(path)!r}\n{PREPARE}")
        prepared = json.loads(path.read_text())
    best = {}
    for turn in range(ROUNDS + 1):
        for size, count in SIZES.items():
            rates = {"http": count / post(site, prepared, turn, size, count)}
            rates["copy"], rates["one"] = copy(site, size, count)
            # The first turn warms the caches and does not count.
            if turn:
                best[size] = {name: max(rate, best.get(size, {}).get(name, 0)) for name, rate in rates.items()}
    check(site)
    show(best)


def make_events(prepared, turn, size, count):
    names, start = prepared["contracts"], datetime(2026, 3, 1, tzinfo=UTC)
    step = timedelta(days=90) / count / (ROUNDS + 1)
    return [
        {
            "id": f"{turn}-{size}-{number}",
            "contract": names[number % len(names)],
            "metric": "bench_calls",
            "time": (start + (turn * count + number) * step).isoformat(),
            "quantity": number % 100,
            "properties": {"region": "eu"},
        }
        for number in range(count)
    ]


def post(site, prepared, turn, size, count):
    """Let the clients post all events in batches; return the seconds from the first to the last of them."""
    events = make_events(prepared, turn, size, count)
    bodies = [json.dumps(events[first : first + size]).encode() for first in range(0, count, size)]
    posters = [
        subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _client in range(CLIENTS)
    ]
    try:
        for number, poster in enumerate(posters):
            pickle.dump((site.port, prepared["key"], bodies[number::CLIENTS]), poster.stdin)
            poster.stdin.flush()
        for poster in posters:
            poster.stdout.readline()
        begin = time.perf_counter()
        for poster in posters:
            poster.stdin.close()
        accepted = sum(int(poster.stdout.readline()) for poster in posters)
        seconds = time.perf_counter() - begin
    finally:
        for poster in posters:
            poster.kill()
            poster.wait()
            poster.stdout.close()
    assert accepted == count, f"{accepted} of {count} events were accepted"
    return seconds


def be_client():
    """Post what standard input gives, once it is closed, and write how many events were accepted."""
    port, key, bodies = pickle.load(sys.stdin.buffer)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    print("ready", flush=True)
    sys.stdin.buffer.read()
    connection, accepted = http.client.HTTPConnection("127.0.0.1", port, timeout=120), 0
    for body in bodies:
        connection.request("POST", PATH, body, headers)
        answer = connection.getresponse()
        accepted += json.loads(answer.read())["accepted"]
    print(accepted, flush=True)


def copy(site, size, count):
    """Copy the rows of the latest events, in batches and all at once; return the rates of both."""
    with closing(site.odoo.cluster.connect(site.database)) as database, database.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_copy (LIKE kor_usage_event, PRIMARY KEY (id))")
        rows = io.BytesIO()
        cursor.copy_expert(f"COPY (SELECT * FROM kor_usage_event ORDER BY id DESC LIMIT {count}) TO STDOUT", rows)
        lines = rows.getvalue().splitlines(keepends=True)
        return [copy_timed(database, cursor, lines, each) for each in (size, count)]


def copy_timed(database, cursor, lines, size):
    cursor.execute("TRUNCATE bench_copy")
    database.commit()
    batches = [b"".join(lines[first : first + size]) for first in range(0, len(lines), size)]
    begin = time.perf_counter()
    for batch in batches:
        cursor.copy_expert("COPY bench_copy FROM STDIN", io.BytesIO(batch), 1 << 20)
        database.commit()
    return len(lines) / (time.perf_counter() - begin)


def check(site):
    """Raise unless each event was counted once."""
    number = sum(SIZES.values()) * (ROUNDS + 1)
    (counts,) = site.odoo.cluster.execute(
        """SELECT (SELECT count(*) FROM kor_usage_event e WHERE e.metric_id = m.id),
                  (SELECT sum(events) FROM kor_usage_rollup r WHERE r.metric_id = m.id)
             FROM kor_metric m WHERE code = 'bench_calls'""",
        site.database,
    )
    assert counts == (number, number), counts


def show(best):
    print(f"\nEvents a second over HTTP, {CLIENTS} clients, 2 workers, best of {ROUNDS}:")
    print(f"  {'batch':>8} {'HTTP':>10} {'COPY by batch':>15} {'ratio':>8} {'one COPY':>12} {'ratio':>8}")
    for size, rates in best.items():
        by_batch, at_once = (rates["http"] / rates[side] for side in ("copy", "one"))
        print(
            f"  {size:>8,} {rates['http']:>10,.0f} {rates['copy']:>15,.0f} {by_batch:>8.3f} "
            f"{rates['one']:>12,.0f} {at_once:>8.3f}"
        )
    print()


if __name__ == "__main__":
    be_client()
