"""The bodies that monitors post, read into plain reports: Alertmanager's, Uptime Kuma's, and our own.

Alertmanager: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config, version 4.
Uptime Kuma: its notification “Webhook”, with `heartbeat`, `monitor` and `msg`; status 0 down, 1 up, 2 pending,
3 maintenance; `time` in UTC.
"""

import hashlib
import json
from datetime import datetime
from typing import NamedTuple

from .signals import SignalError, parse_time

DEPTH = 32
ALERTS = 1000
STATES = ("down", "degraded", "maintenance", "unknown", "none")
BEATS = {0: "down", 1: "up", 2: "none", 3: "maintenance"}
# How texts of a monitor are cut where they are shown.
TITLE = 250


class Report(NamedTuple):
    """What a monitor says of one alert. `state` is empty where the monitor's rules for labels say it."""

    fingerprint: str
    status: str
    state: str
    start: datetime
    end: datetime | None
    title: str
    labels: dict
    weight: float | None = None
    service: str = ""
    revision: int = 0

    @property
    def digest(self):
        """Return a hash that is the same for the same facts, whatever else the message says."""
        facts = [self.status, self.state, self.start.isoformat(), self.end and self.end.isoformat(), self.revision]
        if self.status == "stated":
            facts += [self.title, self.weight, self.service]
        return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()


def load(body):
    """Return the JSON of a body, with texts and numbers that a database takes; SignalError where it is none."""
    try:
        payload = json.loads(body, parse_constant=_refuse_constant, parse_float=_parse_float)
    except RecursionError:
        raise SignalError("The body is nested too deeply.") from None
    except ValueError as error:
        raise SignalError(f"The body is no JSON: {error}.") from None
    return _clean(payload)


def _refuse_constant(name):
    raise ValueError(f"{name} is no number")


def _parse_float(text):
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:20]} is too large")
    return number


def _clean(value, depth=0):
    if depth > DEPTH:
        raise SignalError("The body is nested too deeply.")
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_clean(one, depth + 1) for one in value]
    if isinstance(value, dict):
        return {clean_text(name): _clean(one, depth + 1) for name, one in value.items()}
    return value


def clean_text(text):
    """Return a text without what no database column takes: zero bytes and halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def read_alertmanager(payload):
    """Yield (report or SignalError, alert) of each alert of a message; SignalError where it is no message."""
    alerts = payload.get("alerts") if isinstance(payload, dict) else None
    if not isinstance(alerts, list):
        raise SignalError("This is no message of Alertmanager: its version 4 has a list “alerts”.")
    if len(alerts) > ALERTS:
        raise SignalError(f"These are {len(alerts):,} alerts: send at most {ALERTS:,} at once.")
    for alert in alerts:
        try:
            yield _read_alert(alert), alert
        except SignalError as error:
            yield error, alert


def _read_alert(alert):
    if not isinstance(alert, dict):
        raise SignalError("An alert is an object with status, labels and startsAt.")
    if alert.get("status") not in ("firing", "resolved"):
        raise SignalError("The status of an alert is “firing” or “resolved”.")
    labels = _read_texts(alert.get("labels"))
    start = parse_time(alert.get("startsAt"), "startsAt")
    end = None
    if alert["status"] == "resolved" and not str(alert.get("endsAt") or "0001-").startswith("0001-"):
        end = parse_time(alert["endsAt"], "endsAt")
    notes = _read_texts(alert.get("annotations"))
    title = notes.get("summary") or notes.get("description") or labels.get("alertname") or "Alert"
    fingerprint = alert.get("fingerprint")
    if not fingerprint or not isinstance(fingerprint, str):
        fingerprint = hashlib.sha256(json.dumps(labels, sort_keys=True).encode()).hexdigest()[:16]
    return Report(fingerprint[:64], alert["status"], "", start, end, title[:TITLE], labels)


def _read_texts(values):
    """Return the names and texts of labels or annotations."""
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise SignalError("Labels and annotations are objects of texts.")
    return {name: str(value) for name, value in values.items() if isinstance(value, str | int | float)}


def read_uptime_kuma(payload):
    """Return the report of a beat; None of a message without one, such as a test. SignalError where it is neither."""
    if not isinstance(payload, dict) or not ({"heartbeat", "msg"} & set(payload)):
        raise SignalError("This is no message of Uptime Kuma: it has “heartbeat”, “monitor” and “msg”.")
    beat, monitor = payload.get("heartbeat"), payload.get("monitor")
    if beat is None:
        return None
    if not isinstance(beat, dict) or not isinstance(monitor, dict | None):
        raise SignalError("“heartbeat” and “monitor” are objects.")
    monitor = monitor or {}
    status = beat.get("status")
    if isinstance(status, bool) or not isinstance(status, int) or status not in BEATS:
        raise SignalError("The status of a heartbeat is 0 (down), 1 (up), 2 (pending) or 3 (maintenance).")
    number = beat.get("monitorID") or monitor.get("id")
    if isinstance(number, bool) or not isinstance(number, int | str) or not str(number).strip():
        raise SignalError("The heartbeat names no monitor: “monitorID” is missing.")
    time = beat.get("time")
    # “2026-03-01 12:00:00.123”, in UTC.
    start = parse_time(time.replace(" ", "T", 1) if isinstance(time, str) else time, "time of the heartbeat")
    name = monitor.get("name") if isinstance(monitor.get("name"), str) else f"Monitor {number}"
    said = beat.get("msg") if isinstance(beat.get("msg"), str) else ""
    title = f"{name}: {said}".strip(": ").replace("\n", " ")[:TITLE]
    labels = {"monitor": name, "monitor_id": str(number), **_read_tags(monitor.get("tags"))}
    return Report(str(number)[:64], "beat", BEATS[status], start, None, title, labels)


def _read_tags(tags):
    if not isinstance(tags, list):
        return {}
    named = [tag for tag in tags if isinstance(tag, dict) and isinstance(tag.get("name"), str)]
    return {tag["name"]: str(tag.get("value") or "") for tag in named}


def read_outage(values):
    """Return the report of an outage in our own form; SignalError where it is none."""
    if not isinstance(values, dict):
        raise SignalError("An outage is an object with key, state, start and end.")
    key = values.get("key")
    if not isinstance(key, str) or not key.strip() or len(key) > 64:
        raise SignalError("The key is missing: give each outage a text of its own, up to 64 characters.")
    state = values.get("state", "down")
    if state not in STATES:
        raise SignalError(f"The state is one of {', '.join(STATES)}; none takes the outage back.")
    start = parse_time(values.get("start"), "start")
    end = parse_time(values["end"], "end") if values.get("end") else None
    if end and end < start:
        raise SignalError("The outage ends before it starts.")
    title, service = values.get("title") or "", values.get("service") or ""
    if not isinstance(title, str) or not isinstance(service, str):
        raise SignalError("Title and service are texts; the service is the code of one.")
    weight, revision = values.get("weight"), values.get("revision", 0)
    if weight is not None and (isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1):
        raise SignalError("The weight is a share of the time that counts as down, from 0 to 1.")
    if isinstance(revision, bool) or not isinstance(revision, int) or not 0 <= revision < 2**31:
        raise SignalError("The revision is a whole number from 0 on.")
    return Report(key.strip(), "stated", state, start, end, title[:TITLE], {}, weight, service, revision)
