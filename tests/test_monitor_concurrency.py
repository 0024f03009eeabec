"""Messages of monitors posted by several clients at the same time, each several times and in any order."""

import random
from datetime import UTC, datetime, timedelta

import clients
import requests

CLIENTS = 6
START = datetime(2026, 3, 1, tzinfo=UTC)


def make_monitor(admin, kind, code):
    """Return the id of a monitor with a service of its own, and its key."""
    service = admin.create("kor.sla.service", {"name": code, "code": code})
    monitor = admin.create("kor.sla.monitor", {"name": code, "kind": kind, "service_id": service})
    return monitor, admin.call("kor.sla.monitor", "action_make_key", [monitor])["context"]["default_key"]


def post_at_once(site, path, key, queues):
    """Let a client each post the messages of its queue, all let loose together; return all answers."""

    def post(queue):
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {key}"
        return [session.post(f"{site.url}/kor/api/v1/monitor/{path}", json=one, timeout=60) for one in queue]

    answers = [answer for answers in clients.at_once(post, queues) for answer in answers]
    assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
    return [answer.json() for answer in answers]


def read_outages(site, monitor):
    return clients.query(
        site,
        "SELECT fingerprint, date_start::text, date_end::text FROM kor_sla_outage WHERE monitor_id = %s ORDER BY 1, 2",
        monitor,
    )


def make_alert(fingerprint, minute, end=None):
    start = START + timedelta(minutes=minute)
    return {
        "version": "4",
        "status": "resolved" if end else "firing",
        "alerts": [
            {
                "status": "resolved" if end else "firing",
                "labels": {"alertname": "Probe", "severity": "critical"},
                "annotations": {},
                "startsAt": start.isoformat(),
                "endsAt": (START + timedelta(minutes=end)).isoformat() if end else "0001-01-01T00:00:00Z",
                "fingerprint": fingerprint,
            }
        ],
    }


def test_alerts_posted_by_all_at_once_make_each_outage_once(site, admin):
    monitor, key = make_monitor(admin, "alertmanager", "rush")
    messages = [
        message
        for name in ("a", "b", "c")
        for minute in (0, 60, 120)
        for message in (make_alert(name, minute), make_alert(name, minute, minute + 30))
    ]
    queues = [random.Random(seed).sample(messages, len(messages)) for seed in range(CLIENTS)]
    answers = post_at_once(site, "alertmanager", key, queues)
    assert sum(answer["accepted"] for answer in answers) == len(messages)
    assert sum(answer["duplicate"] for answer in answers) == len(messages) * (CLIENTS - 1)
    expected = [
        (name, f"2026-03-01 0{hour}:00:00", f"2026-03-01 0{hour}:30:00")
        for name in ("a", "b", "c")
        for hour in range(3)
    ]
    assert [tuple(row) for row in read_outages(site, monitor)] == expected


def test_beats_posted_by_all_at_once_make_one_outage(site, admin):
    monitor, key = make_monitor(admin, "uptime_kuma", "beats")
    beats = [
        {
            "heartbeat": {"monitorID": 7, "status": status, "time": f"2026-03-01 00:{minute:02}:00.123", "msg": ""},
            "monitor": {"id": 7, "name": "API"},
            "msg": "",
        }
        for minute, status in ((0, 0), (5, 0), (10, 2), (15, 0), (30, 1), (35, 1))
    ]
    queues = [random.Random(seed).sample(beats, len(beats)) for seed in range(CLIENTS)]
    post_at_once(site, "uptime-kuma", key, queues)
    assert [tuple(row) for row in read_outages(site, monitor)] == [("7", "2026-03-01 00:00:00", "2026-03-01 00:30:00")]


def test_outage_reported_by_all_at_once_is_one(site, admin):
    admin.create("kor.sla.service", {"name": "Reported", "code": "reported"})
    values = {"service": "reported", "key": "inc-1", "state": "down", "start": "2026-03-01T10:00:00Z"}
    callers = [clients.XmlRpc(site, "admin") for _number in range(CLIENTS)]
    ids = clients.at_once(lambda caller: caller.call("kor.sla.outage", "report", values=values), callers)
    assert len(set(ids)) == 1
