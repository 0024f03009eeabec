"""From a customer's system to the invoice: CloudEvents of the SDK and curl report, the billing user bills."""

import json
import shutil
import subprocess

import clients
import pytest
import requests
import usage
from cloudevents import conversion, http

MARCH = {"date_from": "2026-03-01", "date_to": "2026-03-31"}
LOGIN = "portal.aurora"


@pytest.fixture(scope="module")
def customer(site):
    admin = clients.XmlRpc(site, "admin")
    (user,) = admin.call("res.users", "search_read", domain=[["login", "=", LOGIN]], fields=["commercial_partner_id"])
    return user["commercial_partner_id"][0]


@pytest.fixture
def contract(site, customer):
    """Return a contract of the portal user's company, priced by tiers of calls, made over RPC from its plan."""
    admin = clients.XmlRpc(site, "admin")
    contract = admin.create("kor.contract", {"partner_id": customer, "plan_id": make_plan(admin),
                                             "date_start": "2026-03-01", "tz": "UTC"})  # fmt: skip
    admin.call("kor.contract", "action_activate", [contract])
    return contract


def make_plan(admin):
    (tier,) = admin.call("kor.tier", "search", domain=[["code", "=", "professional"]])
    (metric,) = admin.call("kor.metric", "search", domain=[["code", "=", "api_calls"]])
    tiers = [(1000, 0.02), (10_000, 0.01), (0, 0.005)]
    charge = {
        "name": "API calls",
        "product_id": admin.create("product.product", {"name": "API calls", "type": "service", "taxes_id": []}),
        "charge_type": "usage",
        "timing": "arrears",
        "metric_id": metric,
        "price_model": "graduated",
        "price_tier_ids": [[0, 0, {"up_to": up_to, "unit_price": price}] for up_to, price in tiers],
    }
    return admin.create("kor.plan", {"name": "Metered", "tier_id": tier, "term": "monthly",
                                     "charge_ids": [[0, 0, charge]]})  # fmt: skip


def get_number(site, contract):
    (found,) = clients.XmlRpc(site, "admin").call("kor.contract", "read", [contract], fields=["name"])
    return found["name"]


def make_event(number, quantity, day):
    attributes = {
        "type": "api_calls",
        "source": "https://meter.aurora.example/eu",
        "subject": number,
        "time": f"2026-03-{day:02}T12:00:00+01:00",
    }
    return http.CloudEvent(attributes, {"quantity": quantity, "region": "eu"})


def post(site, headers, body):
    headers = {**headers, "Authorization": f"Bearer {clients.api_key(site, LOGIN)}"}
    answer = requests.post(f"{site.url}/kor/api/v1/usage", data=body, headers=headers, timeout=60)
    assert answer.status_code == 202, answer.text
    return answer.json()


def check_invoice(site, contract, quantity, steps):
    """Bill March over both RPC interfaces; the second finds nothing left. Steps are (quantity, unit price, amount)."""
    amount = sum(step[2] for step in steps)
    (shown,) = clients.XmlRpc(site, "finance").call("kor.contract", "preview_invoice", [contract], **MARCH)
    assert (shown["quantity"], shown["amount"]) == (quantity, amount)
    (move,) = clients.Json2(site, "finance").call("kor.contract", "generate_invoice", [contract], **MARCH)
    finance = clients.XmlRpc(site, "finance")
    assert finance.call("kor.contract", "generate_invoice", [contract], **MARCH) == []
    (line,) = finance.call(
        "account.move.line",
        "search_read",
        domain=[["move_id", "=", move], ["display_type", "=", "product"]],
        fields=["price_subtotal", "quantity", "kor_explanation"],
    )
    assert line["price_subtotal"] == amount
    explanation = line["kor_explanation"]
    assert explanation["price"]["quantity"] == quantity
    found = [(step["quantity"], step["unit_price"], step["amount"]) for step in explanation["price"]["steps"]]
    assert found == steps


def test_events_of_the_cloudevents_sdk_are_on_the_invoice(site, contract):
    number = get_number(site, contract)
    structured, binary, first, second = (
        make_event(number, quantity, day)
        for quantity, day in ((600.5, 5), (900, 31), (9_000, 10), (1_499.5, 11))
    )  # fmt: skip
    batch = json.dumps([json.loads(conversion.to_json(event)) for event in (first, second)])
    for accepted, headers, body in (
        (1, *conversion.to_structured(structured)),
        (1, *conversion.to_binary(binary)),
        (2, {"Content-Type": "application/cloudevents-batch+json"}, batch),
    ):
        headers.setdefault("content-type", "application/json")
        assert post(site, headers, body) == {"accepted": accepted, "duplicate": 0, "rejected": []}
        # A sender that is not sure posts again.
        assert post(site, headers, body) == {"accepted": 0, "duplicate": accepted, "rejected": []}
    steps = [(1000, 0.02, 20), (9000, 0.01, 90), (2000, 0.005, 10)]
    check_invoice(site, contract, 12_000, steps)


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_events_posted_by_curl_are_on_the_invoice(site, contract):
    number = get_number(site, contract)
    events = [
        {"id": f"curl-{contract}-{day}", "contract": number, "metric": "api_calls",
         "time": f"2026-03-{day:02}T08:30:00Z", "quantity": 100}
        for day in range(1, 31)
    ]  # fmt: skip
    command = [
        "curl", "--silent", "--show-error", "--fail-with-body", "--data-binary", "@-",
        "--header", f"Authorization: Bearer {clients.api_key(site, LOGIN)}",
        "--header", "Content-Type: application/json", f"{site.url}/kor/api/v1/usage",
    ]  # fmt: skip
    for counts in ({"accepted": 30, "duplicate": 0}, {"accepted": 0, "duplicate": 30}):
        done = subprocess.run(command, input=json.dumps({"events": events}), text=True, capture_output=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout) == {**counts, "rejected": []}
    check_invoice(site, contract, 3000, [(1000, 0.02, 20), (2000, 0.01, 20)])


def test_customer_reports_own_use_only(site, customer):
    admin = clients.XmlRpc(site, "admin")
    foreign = clients.make_contract(admin, "Boreas Freight")
    (events,) = usage.make_batches("foreign", [foreign], 1, 2)
    answer = requests.post(
        f"{site.url}/kor/api/v1/usage",
        json=events,
        headers={"Authorization": f"Bearer {clients.api_key(site, LOGIN)}"},
        timeout=60,
    )
    assert answer.status_code == 400
    assert ["unknown" in refused["reason"] for refused in answer.json()["rejected"]] == [True, True]
    assert usage.count_stored(site, [foreign]) == (0, 0)
