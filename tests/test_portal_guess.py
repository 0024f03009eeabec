"""What a customer, or anybody, gets by guessing at another customer's contract and invoice: nothing."""

import re
import uuid

import clients
import pytest
import requests

CONTRACT_REPORT = "kor_contracts.report_kor_contract"
INVOICE_REPORT = "account.report_invoice_with_payments"
COMMENT = {"message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
MARCH = {"date_from": "2026-03-01", "date_to": "2026-03-31"}
ON_A_CONTRACT = {
    "read": {"fields": ["name"]},
    "web_read": {"specification": {"name": {}}},
    "export_data": {"fields_to_export": ["name"]},
    "entitlements": {},
    "usage": MARCH,
    "estimate_invoice": {},
    "preview_invoice": MARCH,
    "generate_invoice": MARCH,
    "set_quantities": {"quantities": {"users": 1}},
    "action_activate": {},
    "action_apply_plan": {},
    "action_cancel": {"date": "2026-06-30"},
    "action_open_invoicing": {},
    "action_open_invoice_preview": {},
    "write": {"vals": {"client_order_ref": "Mine"}},
    "copy": {},
    "unlink": {},
    "get_portal_url": {},
    "message_post": {"body": "Hello"},
    "message_subscribe": {"partner_ids": [1]},
}
ON_AN_INVOICE = {
    "read": {"fields": ["name"]},
    "send_invoice": {},
    "process_payment": {},
    "action_kor_process_payment": {},
    "button_draft": {},
    "write": {"vals": {"ref": "Mine"}},
    "unlink": {},
    "get_portal_url": {},
    "message_post": {"body": "Hello"},
}
# Staff only, even on what is one's own.
NOT_FOR_CUSTOMERS = (
    "preview_invoice", "generate_invoice", "set_quantities", "action_activate", "action_cancel", "write", "unlink",
)  # fmt: skip


class Documents:
    """A customer's contract, its invoice, their tokens, and the texts that nobody else may see."""

    def __init__(self, admin, user):
        (login,) = admin.call("res.users", "search_read", domain=[["login", "=", user]], fields=["partner_id"])
        (contact,) = admin.call("res.partner", "read", [login["partner_id"][0]], fields=["commercial_partner_id"])
        self.partner = contact["commercial_partner_id"][0]
        (plan,) = admin.call("kor.plan", "search", domain=[["code", "=", "professional_monthly"]])
        self.secret = f"Secret of {user}"
        self.contract = admin.create(
            "kor.contract",
            {
                "partner_id": self.partner,
                "plan_id": plan,
                "date_start": "2026-01-01",
                "client_order_ref": self.secret,
            },
        )
        admin.call("kor.contract", "action_activate", [self.contract])
        (self.invoice,) = admin.call("kor.contract", "generate_invoice", [self.contract], **MARCH)
        self.number, self.contract_token = self._reveal(admin, "kor.contract", self.contract)
        self.invoice_number, self.invoice_token = self._reveal(admin, "account.move", self.invoice)
        admin.call("kor.contract", "message_post", [self.contract], body=self.secret, **COMMENT)

    def _reveal(self, admin, model, record):
        admin.call(model, "get_portal_url", [record])
        (found,) = admin.call(model, "read", [record], fields=["name", "access_token"])
        return found["name"], found["access_token"]

    def pages(self):
        """Return the addresses of all pages, without a token."""
        contract, invoice = f"/my/contracts/{self.contract}", f"/my/invoices/{self.invoice}"
        kinds = ("", "?report_type=pdf", "?report_type=html", "?report_type=text", "?report_type=pdf&download=true")
        prints = [page + kind for page in (contract, invoice) for kind in kinds]
        return [*prints, f"{contract}/usage", f"{contract}/usage?month=2026-03-01", f"{invoice}/explanation"]

    def reports(self):
        return [
            f"/report/{kind}/{report}/{record}"
            for kind in ("html", "pdf", "text")
            for report, record in ((CONTRACT_REPORT, self.contract), (INVOICE_REPORT, self.invoice))
        ]

    def texts(self):
        return self.number, self.invoice_number, self.secret


@pytest.fixture(scope="module")
def aurora(site):
    return Documents(clients.XmlRpc(site, "admin"), "portal.aurora")


@pytest.fixture(scope="module")
def borealis(site):
    return Documents(clients.XmlRpc(site, "admin"), "portal.borealis")


def open_session(site, login=None):
    session = requests.Session()
    if login:
        result = call_json(site, session, "/web/session/authenticate", db=site.database, login=login, password=login)
        assert result["result"]["uid"]
    return session


def call_json(site, session, route, **params):
    return session.post(f"{site.url}{route}", json={"jsonrpc": "2.0", "params": params}, timeout=120).json()


def check_hidden(answer, documents):
    assert "application/pdf" not in answer.headers.get("Content-Type", "")
    shown = [text for text in documents.texts() if text in answer.text]
    assert not shown, f"{answer.url} shows {shown}"


def guess_tokens(aurora, borealis):
    """Return tokens that open nothing: made up, of other records, and what an absent token looks like."""
    return {
        f"/my/contracts/{aurora.contract}": [
            str(uuid.uuid4()), aurora.invoice_token, borealis.contract_token, "", "False", "None", "0", "%", "null",
        ],
        f"/my/invoices/{aurora.invoice}": [
            str(uuid.uuid4()), aurora.contract_token, borealis.invoice_token, "", "False", "None", "0", "%", "null",
        ],
    }  # fmt: skip


@pytest.mark.parametrize("login", ["portal.borealis", None])
def test_pages_and_prints_of_another_customer_are_not_shown(site, aurora, login):
    session = open_session(site, login)
    for page in [*aurora.pages(), *aurora.reports()]:
        check_hidden(session.get(site.url + page, timeout=120), aurora)


@pytest.mark.parametrize("login", ["portal.borealis", None])
def test_guessed_tokens_open_nothing(site, aurora, borealis, login):
    session = open_session(site, login)
    for page, tokens in guess_tokens(aurora, borealis).items():
        for token in tokens:
            for kind in ("", "pdf"):
                arguments = {"access_token": token, **({"report_type": kind} if kind else {})}
                check_hidden(session.get(site.url + page, params=arguments, timeout=120), aurora)
            beside = "explanation" if "invoices" in page else "usage"
            check_hidden(session.get(f"{site.url}{page}/{beside}", params={"access_token": token}, timeout=120), aurora)


@pytest.mark.parametrize("login", ["portal.borealis", None])
def test_messages_of_another_customer_are_neither_read_nor_written(site, aurora, borealis, login):
    session, before = open_session(site, login), clients.fingerprint(site)
    for model, record, tokens in (
        ("kor.contract", aurora.contract, [None, str(uuid.uuid4()), borealis.contract_token, ""]),
        ("account.move", aurora.invoice, [None, str(uuid.uuid4()), borealis.invoice_token, ""]),
    ):
        for token in tokens:
            thread = {"thread_model": model, "thread_id": record, **({"token": token} if token is not None else {})}
            posted = call_json(site, session, "/mail/message/post", post_data={"body": "Hello", **COMMENT}, **thread)
            assert "error" in posted
            read = call_json(site, session, "/mail/chatter_fetch", **thread)
            assert aurora.secret not in str(read)
    assert clients.fingerprint(site) == before


@pytest.mark.parametrize("method", ON_A_CONTRACT)
def test_contract_of_another_customer_is_out_of_reach_by_rpc(site, aurora, connect, method):
    check_out_of_reach(site, connect("portal.borealis"), "kor.contract", method, aurora.contract, aurora)


@pytest.mark.parametrize("method", ON_AN_INVOICE)
def test_invoice_of_another_customer_is_out_of_reach_by_rpc(site, aurora, connect, method):
    check_out_of_reach(site, connect("portal.borealis"), "account.move", method, aurora.invoice, aurora)


def check_out_of_reach(site, client, model, method, record, documents):
    named = (ON_A_CONTRACT if model == "kor.contract" else ON_AN_INVOICE)[method]
    before = clients.fingerprint(site)
    with pytest.raises(clients.Refused) as refused:
        client.call(model, method, [record], **named)
    assert not any(text in str(refused.value) for text in documents.texts())
    assert "Traceback" not in str(refused.value)
    assert clients.fingerprint(site) == before


def test_search_finds_one_s_own_only(aurora, borealis, connect):
    client = connect("portal.borealis")
    found = client.call("kor.contract", "search_read", domain=[], fields=["partner_id"])
    assert borealis.contract in {one["id"] for one in found}
    assert {one["partner_id"][0] for one in found} == {borealis.partner}
    assert client.call("kor.contract", "search_count", domain=[["id", "=", aurora.contract]]) == 0
    for model in ("kor.contract.line", "kor.contract.limit", "kor.contract.clause"):
        owners = client.call(model, "search_read", domain=[], fields=["contract_id"])
        assert {one["contract_id"][0] for one in owners} == {one["id"] for one in found}
    moves = client.call("account.move", "search_read", domain=[], fields=["kor_contract_id"])
    assert borealis.invoice in {one["id"] for one in moves}
    assert aurora.invoice not in {one["id"] for one in moves}
    lines = client.call("account.move.line", "search_read", domain=[], fields=["move_id"])
    assert aurora.invoice not in {one["move_id"][0] for one in lines}
    for model in ("kor.billing.item", "kor.billing.run", "kor.discount", "payment.transaction"):
        with pytest.raises(clients.Refused):
            client.call(model, "search_read", domain=[], fields=["display_name"])


@pytest.mark.parametrize("method", NOT_FOR_CUSTOMERS)
def test_customer_does_not_act_on_own_contract(site, borealis, connect, method):
    check_out_of_reach(site, connect("portal.borealis"), "kor.contract", method, borealis.contract, borealis)


def test_visitor_without_login_cannot_call(site, aurora):
    answer = requests.post(f"{site.url}/json/2/kor.contract/read", json={"ids": [aurora.contract]}, timeout=60)
    assert answer.status_code == 401
    body = {"model": "kor.contract", "method": "read", "args": [[aurora.contract], ["name"]], "kwargs": {}}
    result = call_json(site, open_session(site), "/web/dataset/call_kw", **body)
    assert "result" not in result and aurora.number not in str(result)


def test_customer_reads_prints_and_writes_on_own_contract(site, aurora):
    session = open_session(site, "portal.aurora")
    assert aurora.number in session.get(f"{site.url}/my/contracts", timeout=120).text
    for page in aurora.pages():
        answer = session.get(site.url + page, timeout=120)
        assert answer.status_code == 200, page
        check_shown(answer, aurora)
    posted = call_json(
        site, session, "/mail/message/post",
        thread_model="kor.contract", thread_id=aurora.contract, post_data={"body": "A question of ours", **COMMENT},
    )  # fmt: skip
    assert posted["result"]["message_id"]
    read = call_json(site, session, "/mail/chatter_fetch", thread_model="kor.contract", thread_id=aurora.contract)
    assert "A question of ours" in str(read) and aurora.secret in str(read)


def test_right_token_opens_one_document_without_login(site, aurora):
    for page, token in (
        (f"/my/contracts/{aurora.contract}", aurora.contract_token),
        (f"/my/contracts/{aurora.contract}/usage", aurora.contract_token),
        (f"/my/invoices/{aurora.invoice}", aurora.invoice_token),
        (f"/my/invoices/{aurora.invoice}/explanation", aurora.invoice_token),
    ):
        answer = requests.get(site.url + page, params={"access_token": token}, timeout=120)
        assert answer.status_code == 200
        check_shown(answer, aurora)
        assert "contracts" not in page or aurora.invoice_number not in answer.text


def check_shown(answer, documents):
    if "application/pdf" in answer.headers["Content-Type"]:
        assert answer.content.startswith(b"%PDF-")
    else:
        assert any(text in answer.text for text in documents.texts())
    if answer.url.partition("?")[0].endswith("/explanation"):
        assert re.search(r'class="kor_explanation', answer.text)
