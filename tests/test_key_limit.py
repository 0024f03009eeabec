"""Calls by one key from several clients at the same time: the limit is exact, and every call is counted."""

from collections import Counter

import clients
import requests

CLIENTS = 8
CALLS = 10
LIMIT = 37


def test_limit_holds_for_all_clients_together_and_every_call_is_counted(site):
    admin = clients.XmlRpc(site, "admin")
    contract = clients.make_contract(admin, "Limpet")
    integration = admin.call("kor.contract", "create_integration", [contract], spec={"kind": "api", "name": "Rush"})
    admin.call("kor.integration", "manage_integration", [integration], action="activate")
    admin.call("kor.integration", "write", [integration], vals={"rate_limit": LIMIT})
    key = admin.call("kor.integration", "issue_key", [integration], values={})["key"]

    def call(_number):
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {key}"
        # Half of the calls ask for what is not there: they count too.
        paths = ["key", "invoices/0"] * (CALLS // 2)
        return [session.get(f"{site.url}/kor/api/v1/{path}", timeout=60) for path in paths]

    answers = [answer for answers in clients.at_once(call, range(CLIENTS)) for answer in answers]
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) == {200, 404, 429}, [answer.text for answer in answers][:3]
    assert statuses[200] + statuses[404] == LIMIT
    left = sorted(int(one.headers["RateLimit-Remaining"]) for one in answers if one.status_code != 429)
    assert left == list(range(LIMIT)), "each call was told another number"
    check_counts(site, integration, statuses)


def check_counts(site, integration, statuses):
    rows = clients.query(
        site,
        """SELECT t.successes + coalesce(sum(d.successes), 0), t.failures + coalesce(sum(d.failures), 0)
             FROM kor_integration_tally t LEFT JOIN kor_integration_day d ON d.integration_id = t.integration_id
            WHERE t.integration_id = %s GROUP BY t.id""",
        integration,
    )
    assert rows == [(statuses[200], statuses[429])]
    logged = clients.query(
        site, "SELECT count(*) FROM kor_integration_log WHERE integration_id = %s AND level = 'warning'", integration
    )
    assert logged[0][0] <= 2, "one refusal a minute"
