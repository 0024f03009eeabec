"""Events posted again while they are dropped: whoever comes at whatever moment, they count once."""

import clients
import usage

# Drops the events of the contract's first days, and meanwhile posts them again in two ways: to the server, which must
# wait, and in a transaction that began before and reads from its own snapshot, which must fail to be tried again. There
# they have another time: on their own days the rollups alone would tell that something has changed.
DROP = """
import threading, time
import requests
from psycopg2.errors import SerializationFailure
from odoo.fields import Date
events, answers = {events!r}, []
Event = env["kor.usage.event"]

def post():
    answers.append(requests.post({url!r}, json=events, headers={headers!r}, timeout=60))

with env.registry.cursor() as other:
    other.execute("SELECT count(*) FROM kor_usage_event")
    while Event._drop_events(env.company, Date.to_date("2026-02-01")):
        pass
    poster = threading.Thread(target=post)
    poster.start()
    time.sleep(2)
    assert not answers, "The post did not wait for the events to be dropped."
    env.cr.commit()
    poster.join()
    assert answers[0].json() == {{"accepted": 0, "duplicate": len(events), "rejected": []}}, answers[0].text
    try:
        Event.with_env(env(cr=other)).ingest([{{**event, "time": "2026-02-10T12:00:00Z"}} for event in events])
    except SerializationFailure:
        other.rollback()
    else:
        raise AssertionError("What was dropped since the transaction began went unnoticed.")
    answer = Event.with_env(env(cr=other)).ingest([*events, {{**events[0], "id": "new"}}])
    assert (answer["accepted"], answer["duplicate"]) == (1, len(events)), answer
"""


def test_ids_posted_while_their_events_are_dropped_count_once(site, admin):
    contract = clients.make_contract(admin, "Forgetful")
    events = [
        {
            "id": f"old-{number}",
            "contract": contract,
            "metric": "api_calls",
            "time": f"2026-01-{1 + number % 28:02}T12:00:00Z",
            "quantity": 1,
        }
        for number in range(50)
    ]
    reporter = usage.Reporter(site)
    assert reporter.post(events)["accepted"] == 50
    headers = {"Authorization": reporter.session.headers["Authorization"]}
    site.shell(DROP.format(events=events, url=reporter.url, headers=headers))
    assert usage.count_stored(site, [contract]) == (1, 1)
    assert sum(total for total, _events in usage.read_rollups(site, [contract]).values()) == 51
