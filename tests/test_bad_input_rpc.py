"""Bad input through RPC gets a sentence, and the database stays as it was."""

import re

import clients
import pytest

# What only a programmer would want to read.
JARGON = re.compile(
    r"Traceback|File \"|psycopg|SQL|SELECT |INSERT |UPDATE |violates|constraint|null value|_fkey|_unique|kor_|Error:"
)
PERIOD = {"date_from": "2026-01-01", "date_to": "2026-01-31"}
NOBODY = 99_999_999


class Ground:
    """A contract that runs for a year, a draft, and things that do not belong to them."""

    def __init__(self, site):
        admin = clients.XmlRpc(site, "admin")
        self.company = admin.call("res.users", "read", [admin.uid], fields=["company_id"])[0]["company_id"][0]
        self.contract = clients.make_contract(admin, "Kelp", term="custom", date_end="2026-12-31")
        self.draft = clients.make_contract(admin, "Kelp draft", activate=False)
        (draft,) = admin.call("kor.contract", "read", [self.draft], fields=["partner_id", "plan_id", "line_ids"])
        self.partner, self.plan, self.line = draft["partner_id"][0], draft["plan_id"][0], draft["line_ids"][0]
        (self.euro,) = admin.call("res.currency", "search", domain=[["name", "=", "EUR"]])
        (self.starter,) = admin.call("kor.tier", "search", domain=[["code", "=", "starter"]])
        self.product = admin.call("product.product", "search", domain=[["type", "=", "service"]], limit=1)[0]
        other = admin.create("res.company", {"name": "Kelp Holding"})
        self.foreigner = admin.create("res.partner", {"name": "Foreign", "company_id": other})

    def values(self, **bad):
        return {"partner_id": self.partner, "plan_id": self.plan, "company_id": self.company, **bad}

    def line_values(self, **bad):
        return self.values(line_ids=[[0, 0, {"product_id": self.product, "name": "Base fee", **bad}]])


@pytest.fixture(scope="module")
def ground(site):
    return Ground(site)


def check_refused(site, expected, function, *arguments, **named):
    before = clients.fingerprint(site)
    with pytest.raises(clients.Refused, match=expected) as refused:
        function(*arguments, **named)
    message = str(refused.value)
    assert not JARGON.search(message), message
    assert len(message.split()) > 3 and message.strip().endswith((".", "!", "–", ")")), message
    assert clients.fingerprint(site) == before


CONTRACTS = {
    "end before start": ("before it starts", {"date_start": "2026-02-01", "date_end": "2026-01-31"}),
    "tier that does not exist": (f"no record with the id {NOBODY}", {"tier_id": NOBODY, "plan_id": False}),
    "tier by name": ("id of a record", {"tier_id": "Gold"}),
    "neither tier nor plan": ("a plan, or at least a tier", {"plan_id": False}),
    "currency by code": ("id of a record", {"currency_id": "EUR"}),
    "customer that does not exist": (f"no record with the id {NOBODY}", {"partner_id": NOBODY}),
    "string for a number": ("must be a number", {"anchor_day": "first"}),
    "day that is none": ("YYYY-MM-DD", {"date_start": "2026-02-30"}),
    "day in another order": ("YYYY-MM-DD", {"date_start": "31.01.2026"}),
    "unknown term": ("use one of: monthly, annual", {"term": "weekly"}),
    "unknown field": ("no field “custommer”", {"custommer": 1}),
    "state of its own": ("created as a draft", {"state": "active"}),
    "billing day": ("from 1 to 31", {"anchor_day": 0}),
}
LINES = {
    "string for a price": ("must be a number", {"unit_price": "ten"}),
    "string for a quantity": ("must be a number", {"quantity": "1,5"}),
    "negative quantity": ("0 or more", {"quantity": -1}),
    "line before the contract": ("outside the contract", {"date_start": "2020-01-01"}),
    "line that ends first": ("before it starts", {"date_start": "2030-02-01", "date_end": "2030-01-01"}),
    "tiers without tiers": ("tier", {"price_model": "graduated"}),
    "unknown price model": ("use one of: ", {"price_model": "cheap"}),
}
PERIODS = {
    "end before start": ("before it starts", "2026-02-01", "2026-01-31"),
    "after the contract": ("lies outside contract", "2027-01-01", "2027-01-31"),
    "before the contract": ("lies outside contract", "2025-01-01", "2025-12-31"),
    "day that is none": ("YYYY-MM-DD", "2026-02-30", "2026-03-31"),
    "number for a day": ("YYYY-MM-DD", 20260101, "2026-01-31"),
    "nothing for a day": ("YYYY-MM-DD", "2026-01-01", False),
}
QUANTITIES = {
    "string for a number": ("must be a number", {"users": "many"}),
    "list for a number": ("must be a number", {"users": [7]}),
    "negative": ("0 or more", {"users": -7}),
    "unknown metric": ("No line is priced by “seats”.*users", {"seats": 7}),
    "unknown part": ("give quantity and events", {"users": {"count": 7}}),
    "no metrics": ("metric and number", [7]),
}


@pytest.mark.parametrize("case", CONTRACTS)
def test_contract_that_cannot_be(site, ground, connect, case):
    expected, bad = CONTRACTS[case]
    check_refused(site, expected, connect("admin").create, "kor.contract", ground.values(**bad))


@pytest.mark.parametrize("case", LINES)
def test_line_that_cannot_be(site, ground, connect, case):
    expected, bad = LINES[case]
    check_refused(site, expected, connect("admin").create, "kor.contract", ground.line_values(**bad))


@pytest.mark.parametrize("method", ["preview_invoice", "generate_invoice"])
@pytest.mark.parametrize("case", PERIODS)
def test_period_that_cannot_be(site, ground, connect, case, method):
    expected, first, last = PERIODS[case]
    call = connect("finance").call
    check_refused(site, expected, call, "kor.contract", method, [ground.contract], date_from=first, date_to=last)


@pytest.mark.parametrize("case", QUANTITIES)
def test_quantities_that_cannot_be(site, ground, connect, case):
    expected, bad = QUANTITIES[case]
    call = connect("sales").call
    check_refused(site, expected, call, "kor.contract", "set_quantities", [ground.draft], quantities=bad)


def test_currency_and_tier_that_are_not_the_plan_s(site, ground, connect):
    create = connect("sales").create
    check_refused(site, "priced in USD", create, "kor.contract", ground.values(currency_id=ground.euro))
    check_refused(site, "is for the tier", create, "kor.contract", ground.values(tier_id=ground.starter))


@pytest.mark.parametrize("login", ["admin", "sales"])
def test_customer_of_another_company(site, ground, connect, login):
    values = ground.values(partner_id=ground.foreigner)
    check_refused(site, "belongs to another company", connect(login).create, "kor.contract", values)


def test_contract_that_does_not_exist(site, connect):
    call = connect("finance").call
    check_refused(site, "does not exist", call, "kor.contract", "generate_invoice", [NOBODY], **PERIOD)


def test_draft_is_not_billed_and_agreed_terms_are_not_changed(site, ground, connect):
    admin = connect("admin")
    check_refused(site, "Activate it", admin.call, "kor.contract", "generate_invoice", [ground.draft], **PERIOD)
    for bad in ({"date_start": "2026-02-01"}, {"state": "ended"}, {"currency_id": ground.euro}):
        check_refused(site, "agreed|actions", admin.call, "kor.contract", "write", [ground.contract], vals=bad)
    check_refused(site, "evidence", admin.call, "kor.contract", "unlink", [ground.contract])
    check_refused(
        site, "within the contract", admin.call, "kor.contract", "action_cancel", [ground.contract], date="2027-06-01"
    )


def test_string_for_a_price_in_a_draft(site, ground, connect):
    call = connect("sales").call
    check_refused(site, "must be a number", call, "kor.contract.line", "write", [ground.line], vals={"unit_price": "x"})


def test_sales_cannot_bill(site, ground, connect):
    call = connect("sales").call
    check_refused(site, "Only members of", call, "kor.contract", "generate_invoice", [ground.contract], **PERIOD)
