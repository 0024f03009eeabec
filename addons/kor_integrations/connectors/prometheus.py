import base64
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from .base import Connector, ConnectorError

HOUR = timedelta(hours=1)


class Prometheus(Connector):
    """Read hourly values from Prometheus, or from what speaks its HTTP API: Mimir, Thanos, VictoriaMetrics."""

    code = "prometheus"
    name = "Prometheus"
    description = (
        "Reads one PromQL expression for each metric, at the end of each hour, and counts it as the reading of that "
        "hour. For a sum write what the hour comes to, such as sum(increase(http_requests_total[1h])); for a level "
        "its value or maximum, such as max_over_time(app_users[1h]). The last hours are read again with each run, so "
        "that what arrives late corrects them."
    )
    schema = {
        "url": {
            "type": "string",
            "title": "Address",
            "required": True,
            "max_length": 2000,
            "description": "Without /api/v1.",
            "example": "https://prometheus.example.com",
        },
        "expressions": {
            "type": "map",
            "title": "Expressions",
            "required": True,
            "description": "One for each line: code of the metric = PromQL. It gives one series, or for a metric with "
            "dimensions one for each of their values, with labels of their names.",
            "example": "users = max_over_time(app_users[1h])",
        },
        "lookback_hours": {
            "type": "integer",
            "title": "Hours Read again",
            "default": 48,
            "minimum": 1,
            "maximum": 744,
            "description": "How late data may arrive.",
        },
        "username": {"type": "string", "title": "User Name", "max_length": 200},
        "password": {"type": "string", "title": "Password", "secret": True},
        "token": {"type": "string", "title": "Token", "secret": True, "description": "Sent as Authorization: Bearer …"},
        "tenant": {
            "type": "string",
            "title": "Tenant",
            "max_length": 200,
            "description": "Sent as X-Scope-OrgID, for systems that keep several customers apart.",
        },
    }

    def get_metrics(self, config):
        return tuple(config.get("expressions") or ())

    def check(self, context):
        found = []
        for code, expression in context.config["expressions"].items():
            data = self._ask(context, "query", {"query": expression, "time": _stamp(context.now)})
            number = len(data["result"]) if data.get("resultType") == "vector" else 1
            if data.get("resultType") not in ("vector", "scalar"):
                raise ConnectorError(f"{code}: the expression gives no number; write one that gives a value now.")
            found.append(f"{code}: {number} series")
        return f"The address answers: {', '.join(found)}."

    def run(self, context):
        rows, skipped = [], 0
        end = context.now.replace(minute=0, second=0, microsecond=0)
        start = max(end - context.config["lookback_hours"] * HOUR, _first_hour(context.since))
        if start >= end:
            return ""
        for code, expression in context.config["expressions"].items():
            # The value at the end of an hour tells of the hour before it.
            arguments = {"query": expression, "start": _stamp(start + HOUR), "end": _stamp(end), "step": 3600}
            data = self._ask(context, "query_range", arguments)
            found, unusable = _read_series(code, data, context.metrics.get(code))
            rows += found
            skipped += unusable
        fed = context.record(rows)
        if fed.rejected:
            label, reason = fed.rejected[0]
            raise ConnectorError(f"{len(fed.rejected)} values were refused, {label} first: {reason}")
        notes = f"; {skipped} without a number" if skipped else ""
        return f"{fed.accepted} hours counted, {fed.unchanged} as they were{notes}" if fed.accepted else ""

    def _ask(self, context, name, arguments):
        """Return the data of a query, or raise ConnectorError with what the other side says."""
        config = context.config
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if config.get("token"):
            headers["Authorization"] = f"Bearer {config['token']}"
        elif config.get("username"):
            pair = f"{config['username']}:{config.get('password', '')}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        if config.get("tenant"):
            headers["X-Scope-OrgID"] = config["tenant"]
        url = f"{config['url'].rstrip('/')}/api/v1/{name}"
        status, body = context.ask_json("POST", url, data=urlencode(arguments).encode(), headers=headers)
        data = body.get("data")
        if status != 200 or body.get("status") != "success" or not isinstance(data, dict):
            raise ConnectorError(f"The address answered {status}: {str(body.get('error') or 'no reason given')[:300]}")
        if not isinstance(data.get("result"), list):
            raise ConnectorError("The address answers with no result: is it Prometheus' HTTP API?")
        return data


def _read_series(code, data, dimensions):
    """Return the rows of a query, and how many values are no numbers."""
    if dimensions is None:
        raise ConnectorError(f"There is no metric “{code}”: correct the expressions.")
    if data.get("resultType") != "matrix":
        raise ConnectorError(f"{code}: the expression gives no series of numbers.")
    rows, unusable, seen = [], 0, set()
    for series in data["result"]:
        try:
            labels, values = series["metric"], series["values"]
            properties = {name: str(labels[name]) for name in dimensions if name in labels}
            if tuple(properties.items()) in seen:
                raise ConnectorError(f"{code}: the expression gives several series; sum them up, such as sum(…).")
            seen.add(tuple(properties.items()))
            for stamp, text in values:
                quantity = Decimal(text)
                if not quantity.is_finite():
                    unusable += 1
                    continue
                hour = datetime.fromtimestamp(int(stamp), UTC).replace(tzinfo=None) - HOUR
                row = {"label": f"{code} {hour.isoformat()}Z", "metric": code, "hour": hour, "quantity": quantity}
                rows.append({**row, "properties": properties})
        except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError):
            raise ConnectorError(f"{code}: the answer is not as Prometheus' HTTP API has it.") from None
    return rows, unusable


def _first_hour(since):
    whole = since.replace(minute=0, second=0, microsecond=0)
    return whole if whole == since else whole + HOUR


def _stamp(moment):
    return int(moment.replace(tzinfo=UTC).timestamp())
