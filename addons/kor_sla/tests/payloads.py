"""Messages as the monitors' own programs send them; tests change times and states only.

Alertmanager: the webhook's JSON of version 4, with all of its fields. Uptime Kuma: the body of its notification
“Webhook” with the preset for JSON: beats of a monitor of the type HTTP, and what its button “Test” sends.
"""

ZERO = "0001-01-01T00:00:00Z"


def alertmanager(*alerts, status="firing"):
    return {
        "version": "4",
        "groupKey": '{}/{severity="critical"}:{alertname="ProbeFailure"}',
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "kor",
        "groupLabels": {"alertname": "ProbeFailure"},
        "commonLabels": {"alertname": "ProbeFailure", "job": "http_checks", "severity": "critical"},
        "commonAnnotations": {"summary": "The probe of api.example.com fails"},
        "externalURL": "http://alertmanager.example.com:9093",
        "alerts": list(alerts),
    }


def alert(start, end=None, fingerprint="1a30ba71cca2921f", **labels):
    return {
        "status": "resolved" if end else "firing",
        "labels": {
            "alertname": "ProbeFailure",
            "instance": "https://api.example.com",
            "job": "http_checks",
            "severity": "critical",
            **labels,
        },
        "annotations": {
            "description": "api.example.com has been down for over 5m. Job: http_checks",
            "summary": "The probe of api.example.com fails",
        },
        "startsAt": start,
        "endsAt": end or ZERO,
        "generatorURL": "http://prometheus.example.com:9090/graph?g0.expr=probe_success+%3D%3D+0&g0.tab=1",
        "fingerprint": fingerprint,
    }


KUMA_MONITOR = {
    "name": "API",
    "description": None,
    "pathName": "Production / API",
    "parent": 3,
    "childrenIDs": [],
    "url": "https://api.example.com",
    "method": "GET",
    "hostname": None,
    "port": None,
    "maxretries": 0,
    "weight": 2000,
    "active": True,
    "forceInactive": False,
    "type": "http",
    "timeout": 48,
    "interval": 60,
    "retryInterval": 60,
    "resendInterval": 0,
    "keyword": None,
    "accepted_statuscodes": ["200-299"],
    "dns_resolve_type": "A",
    "notificationIDList": {"2": True},
    "maintenance": False,
}


def uptime_kuma(status, time, monitor=29, **beat):
    return {
        "heartbeat": {
            "monitorID": monitor,
            "status": status,
            "time": time,
            "msg": "200 - OK" if status == 1 else "connect ECONNREFUSED 192.0.2.10:443",
            "ping": 31 if status == 1 else None,
            "important": True,
            "duration": 61,
            "retries": 0,
            "timezone": "America/Los_Angeles",
            "timezoneOffset": "-08:00",
            "localDateTime": "2026-03-01 02:00:00",
            **beat,
        },
        "monitor": {
            **KUMA_MONITOR,
            "id": monitor,
            "tags": [{"tag_id": 1, "monitor_id": monitor, "value": "eu", "name": "region", "color": "#059669"}],
        },
        "msg": f"[API] [{'✅ Up' if status == 1 else '🔴 Down'}] connect ECONNREFUSED 192.0.2.10:443",
    }


KUMA_TEST = {"heartbeat": None, "monitor": None, "msg": "KOR Testing"}
KUMA_CERTIFICATE = {
    "heartbeat": None,
    "monitor": None,
    "msg": "[API][https://api.example.com] server certificate api.example.com will expire in 14 days",
}
