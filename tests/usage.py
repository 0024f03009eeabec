"""Reports of usage over HTTP, and what the database made of them."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import requests
from clients import api_key, query

START = datetime(2026, 3, 1, tzinfo=UTC)


class Reporter:
    """Post events with a bearer key over one connection, as long as that holds."""

    def __init__(self, site, login="admin"):
        self.url = f"{site.url}/kor/api/v1/usage"
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {api_key(site, login)}"

    def post(self, events, **headers):
        """Post once and return the answer, which must be one of success."""
        answer = self.session.post(self.url, json=events, headers=headers, timeout=60)
        assert answer.status_code == 202, answer.text
        return answer.json()

    def deliver(self, events, seconds=90, database_stops=False):
        """Post until the server says that it has taken the events; return its answer and how often they were sent.

        :param database_stops: while PostgreSQL is away, Odoo may say with a 404 that there is no database
        """
        deadline, sent = time.monotonic() + seconds, 0
        while time.monotonic() < deadline:
            sent += 1
            try:
                answer = self.session.post(self.url, json=events, timeout=60)
            except requests.RequestException:
                time.sleep(0.05)
                continue
            if answer.ok:
                return answer.json(), sent
            missing = database_stops and answer.status_code == 404 and "No database" in answer.text
            assert answer.status_code >= 500 or missing, answer.text
            time.sleep(0.05)
        raise AssertionError(f"The events were not taken within {seconds} s")


def make_batches(prefix, contracts, batches, size, metric="api_calls"):
    """Return batches of events with ids of their own, spread over the contracts and over three days."""
    return [
        [
            {
                "id": f"{prefix}-{batch}-{number}",
                "contract": contracts[number % len(contracts)],
                "metric": metric,
                "time": (START + timedelta(minutes=61 * (number % 70), seconds=batch)).isoformat(),
                "quantity": f"{number % 9}.{batch % 10}",
            }
            for number in range(size)
        ]
        for batch in range(batches)
    ]


def add_up(batches):
    """Return what the rollups of the events must be: {(contract, day): (total, events)}."""
    totals, counts = Counter(), Counter()
    for event in (event for batch in batches for event in batch):
        place = (event["contract"], event["time"][:10])
        totals[place] += Decimal(event["quantity"])
        counts[place] += 1
    return {place: (totals[place], counts[place]) for place in counts}


def read_rollups(site, contracts):
    """Return the rollups of the contracts as `add_up` does."""
    rows = query(
        site,
        "SELECT contract_id, day::text, total, events FROM kor_usage_rollup WHERE contract_id = ANY(%s)",
        contracts,
    )
    return {(contract, day): (total, events) for contract, day, total, events in rows}


def count_stored(site, contracts):
    """Return the number of events and of their different ids of the contracts."""
    (events,) = query(
        site,
        """SELECT count(*), count(DISTINCT (partner_id, event_key)) FROM kor_usage_event
            WHERE contract_id = ANY(%s)""",
        contracts,
    )
    return events


def check_counted_once(site, contracts, batches):
    """Raise unless each event of the batches was counted, and once."""
    number = sum(map(len, batches))
    assert count_stored(site, contracts) == (number, number)
    assert read_rollups(site, contracts) == add_up(batches)


def locked_rollups(site, contracts):
    """Return a connection whose open transaction holds the rollups of the contracts."""
    connection = site.odoo.cluster.connect(site.database)
    with connection.cursor() as cursor:
        # In the order in which posts take them: in any other, this and a post could wait for each other.
        cursor.execute(
            """SELECT id FROM kor_usage_rollup WHERE contract_id = ANY(%s)
                ORDER BY contract_id, metric_id, day, dimension FOR UPDATE""",
            [contracts],
        )
    return connection


def count_waiting(site):
    """Return how many sessions wait for a lock after they have written."""
    ((number,),) = query(
        site,
        """SELECT count(*) FROM pg_stat_activity
           WHERE datname = current_database() AND wait_event_type = 'Lock' AND backend_xid IS NOT NULL""",
    )
    return number
