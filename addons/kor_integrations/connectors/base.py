import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from ..engine.connector_schema import TYPES
from ..tools.guarded_http import Failed, Refused

CONNECTORS = {}


class ConnectorError(Exception):
    """Say in one sentence why the other system is of no use now."""


@dataclass
class Context:
    """What a connector has to work with: no records, no network but `request`.

    `config` has the secrets with it; `now` and `since` (the start of the contract) are naive and in UTC; `metrics` has
    by code the properties by which a metric keeps use apart; `record(rows)` brings rows to readings (see
    `kor.integration.feed.mixin`); `request` is the guarded HTTP client; `state` is kept from one run to the next.
    """

    config: dict
    now: datetime
    since: datetime
    metrics: dict
    request: Callable
    record: Callable
    state: dict = field(default_factory=dict)

    def ask_json(self, method, url, *, data=b"", headers=None, limit=4 * 1024 * 1024):
        """Return the JSON object that an address answers with, and its status."""
        answer = self.request(method, url, data=data, headers=headers, timeout=(10, 60), limit=limit)
        if answer.is_cut:
            raise ConnectorError(f"The answer is longer than {limit // 1024} kB: ask for less.")
        try:
            body = json.loads(answer.body)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise ConnectorError(f"The address answered {answer.status}, and no JSON object: is it the right one?")
        return answer.status, body


class Connector:
    """One kind of system. A class is known by its code as soon as its module is imported."""

    code = ""
    name = ""
    description = ""
    # By name: see `engine/connector_schema.py`.
    schema = {}

    def __init_subclass__(cls, **kwargs):  # pylint: disable=missing-return
        super().__init_subclass__(**kwargs)
        unknown = [name for name, wanted in cls.schema.items() if wanted["type"] not in TYPES]
        if not cls.code or cls.code in CONNECTORS or unknown:
            raise TypeError(f"{cls.__name__}: a code of its own and known types are needed")
        CONNECTORS[cls.code] = cls

    @classmethod
    def get_secrets(cls):
        """Return the names of the settings that are kept apart."""
        return tuple(name for name, wanted in cls.schema.items() if wanted.get("secret"))

    def get_metrics(self, config):
        """Return the codes of the metrics that it reports: two connectors of a contract never report the same one."""
        return ()

    def check(self, context):
        """Try the configuration out, changing nothing; return a sentence or raise ConnectorError."""
        raise NotImplementedError

    def run(self, context):
        """Do the work, safe to repeat; return a sentence, or none where nothing was new, or raise ConnectorError."""
        raise NotImplementedError


FAILURES = (ConnectorError, Failed, Refused)
