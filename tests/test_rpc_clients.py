"""The whole way from a plan to a paid invoice, by real clients of the running server."""

import contextlib
import shutil

import clients
import pytest
import requests


@pytest.fixture(scope="module")
def payment_method(site):
    return clients.enable_payment(clients.XmlRpc(site, "admin"))


@pytest.fixture(params=list(clients.KINDS))
def client(site, request):
    return clients.KINDS[request.param](site, "admin")


def make_customer(client, address):
    return client.create("res.partner", {"name": "Fjord Analytics", "is_company": True, "email": address})


def make_contract(client, partner):
    (plan,) = client.call("kor.plan", "search", domain=[["code", "=", "professional_monthly"]])
    contract = client.create(
        "kor.contract", {"partner_id": partner, "plan_id": plan, "date_start": "2026-03-01", "tz": "UTC"}
    )
    lines = client.call("kor.contract", "set_quantities", [contract], quantities={"users": 7})
    assert len(lines) == 1
    assert client.call("kor.contract", "action_activate", [contract]) is True
    return contract


def find_mail(site, address):
    return [message for message in site.mailbox.messages() if address in str(message["To"])]


def test_contract_from_a_plan_is_billed_sent_and_paid(site, client, payment_method):
    address = f"{type(client).__name__.lower()}@fjord.example"
    partner = make_customer(client, address)
    contract = make_contract(client, partner)
    period = {"date_from": "2026-03-01", "date_to": "2026-03-31"}

    (shown,) = client.call("kor.contract", "preview_invoice", [contract], **period)
    assert (shown["amount"], shown["quantity"], shown["currency"]) == (203, 7, "USD")
    assert (shown["date_from"], shown["date_to"]) == ("2026-03-01", "2026-03-31")

    (move,) = client.call("kor.contract", "generate_invoice", [contract], **period)
    assert client.call("kor.contract", "generate_invoice", [contract], **period) == []
    assert client.call("kor.contract", "preview_invoice", [contract], **period) == []
    check_invoice(client, move, contract, shown)

    sent = client.call("account.move", "send_invoice", [move])
    assert sent["recipients"] == [address]
    check_mail(site, address, sent["sent"][0])

    assert client.call("account.move", "process_payment", [move])["state"] == "no_token"
    clients.save_token(client, partner, payment_method)
    paid = client.call("account.move", "process_payment", [move])
    assert (paid["state"], paid["amount"]) == ("done", shown["total"])
    assert paid["reference"] and paid["message"]
    (invoice,) = client.call("account.move", "read", [move], fields=["payment_state", "amount_residual"])
    assert invoice["payment_state"] in ("in_payment", "paid")
    assert invoice["amount_residual"] == 0
    assert client.call("account.move", "process_payment", [move])["state"] == "paid"


def check_invoice(client, move, contract, shown):
    names = ["kor_contract_id", "kor_date_from", "kor_date_to", "state", "amount_untaxed", "amount_total"]
    (invoice,) = client.call("account.move", "read", [move], fields=names)
    assert invoice["kor_contract_id"][0] == contract
    assert (invoice["kor_date_from"], invoice["kor_date_to"]) == ("2026-03-01", "2026-03-31")
    assert (invoice["state"], invoice["amount_untaxed"]) == ("posted", 203)
    assert invoice["amount_total"] == shown["total"]
    (line,) = client.call(
        "account.move.line",
        "search_read",
        domain=[["move_id", "=", move], ["display_type", "=", "product"]],
        fields=["kor_explanation", "price_subtotal"],
    )
    assert line["price_subtotal"] == line["kor_explanation"]["amount"] == 203
    assert line["kor_explanation"] == shown["explanation"]


def check_mail(site, address, number):
    (message,) = clients.wait_until(lambda: find_mail(site, address), f"mail to {address}")
    assert number in message["Subject"]
    if shutil.which("wkhtmltopdf"):
        (attached,) = message.iter_attachments()
        assert attached.get_content_type() == "application/pdf"
        assert attached.get_content().startswith(b"%PDF-")
        assert number.replace("/", "_") in attached.get_filename()


def test_first_part_of_a_period_is_explained_alike_to_all(site):
    explained = []
    for kind in clients.KINDS.values():
        client = kind(site, "admin")
        contract = clients.make_contract(client, "Fjord Analytics", date_start="2026-03-11", anchor_day=1)
        (shown,) = client.call(
            "kor.contract", "preview_invoice", [contract], date_from="2026-03-01", date_to="2026-03-31"
        )
        facts = shown["explanation"]
        facts.pop("facts")
        explained.append(facts)
    assert explained[0]["share"]["numerator"] == 21
    assert explained[0]["share"]["denominator"] == 31
    assert explained[0] == explained[1] == explained[2]


def test_wrong_key_is_refused(site):
    client = clients.Json2(site, "admin")
    client.headers = {"Authorization": "Bearer 0123456789abcdef"}
    with pytest.raises(clients.Refused):
        client.call("kor.contract", "search", domain=[])


def test_live_process_answers_beside_the_workers(site):
    """What workers cannot hold open is served by a process of its own, which starts by the name of Odoo's file."""

    def is_answering():
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"http://127.0.0.1:{site.live_port}/websocket/health", timeout=10).ok

    clients.wait_until(is_answering, "the live process")
