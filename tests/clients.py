"""Clients of the running server, alike in what they offer: xmlrpc.client, odoorpc, and JSON-2 with a bearer key."""

import json
import tempfile
import threading
import time
import xmlrpc.client
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import odoorpc
import requests
from psycopg2 import sql

LOGINS = ("admin", "sales", "finance", "portal.aurora", "portal.borealis")
# Keys of portal users may live a day at most.
_MAKE_KEYS = """
import json
from datetime import timedelta
env["ir.config_parameter"].set_param("web.base.url", {url!r})
keys = {{}}
for user in env["res.users"].search([("login", "in", {logins!r})]):
    until = env.cr.now() + timedelta(hours=20)
    keys[user.login] = env["res.users.apikeys"].with_user(user)._generate("rpc", "Test", until)
with open({path!r}, "w") as handle:
    json.dump(keys, handle)
"""
# The tables that contracts and their billing write.
TABLES = (
    "kor_contract",
    "kor_contract_line",
    "kor_contract_limit",
    "kor_contract_clause",
    "kor_discount",
    "kor_billing_item",
    "kor_billing_run",
    "account_move",
    "account_move_line",
    "payment_transaction",
    "mail_message",
    "mail_followers",
)
_keys = {}


class Refused(Exception):
    """What the server answers instead of a result: the text that its client shows."""


def api_key(site, login):
    """Return the bearer key of a demo user; all are made at the first call."""
    if site.url not in _keys:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "keys.json"
            site.shell(_MAKE_KEYS.format(url=site.url, logins=LOGINS, path=str(path)))
            _keys[site.url] = json.loads(path.read_text())
    return _keys[site.url][login]


def check_plain(value):
    """Raise unless the value is plain JSON without None."""
    if isinstance(value, dict):
        assert all(isinstance(key, str) for key in value), value
        for one in value.values():
            check_plain(one)
    elif isinstance(value, list):
        for one in value:
            check_plain(one)
    else:
        assert isinstance(value, bool | int | float | str), f"{value!r} is no plain JSON value"
    return value


class Positional:
    """Clients that give ids and values by position, and all else by name."""

    def create(self, model, values):
        return self._execute(model, "create", [values], {})

    def call(self, model, method, ids=None, **named):
        return self._execute(model, method, [] if ids is None else [ids], named)


class XmlRpc(Positional):
    """Python's own XML-RPC client with a key as password; it neither sends nor takes None."""

    def __init__(self, site, login):
        self.site, self.key = site, api_key(site, login)
        common = xmlrpc.client.ServerProxy(f"{site.url}/xmlrpc/2/common", allow_none=False)
        self.uid = common.authenticate(site.database, login, self.key, {})
        assert self.uid, f"{login} cannot log in"

    def _execute(self, model, method, positional, named):
        # A proxy for each call: they are not made for threads.
        models = xmlrpc.client.ServerProxy(f"{self.site.url}/xmlrpc/2/object", allow_none=False)
        try:
            return check_plain(
                models.execute_kw(self.site.database, self.uid, self.key, model, method, positional, named)
            )
        except xmlrpc.client.Fault as fault:
            raise Refused(fault.faultString) from fault


class OdooRpc(Positional):
    """The odoorpc package, over JSON-RPC with login and password."""

    def __init__(self, site, login):
        self.odoo = odoorpc.ODOO("127.0.0.1", protocol="jsonrpc", port=site.port, timeout=120)
        self.odoo.login(site.database, login, login)

    def _execute(self, model, method, positional, named):
        try:
            return check_plain(getattr(self.odoo.env[model], method)(*positional, **named))
        except odoorpc.error.RPCError as error:
            raise Refused(str(error)) from error


class Json2:
    """HTTP with a bearer key and named arguments."""

    def __init__(self, site, login):
        self.site, self.headers = site, {"Authorization": f"Bearer {api_key(site, login)}"}

    def create(self, model, values):
        return self.call(model, "create", vals_list=values)[0]

    def call(self, model, method, ids=None, **named):
        body = named if ids is None else {**named, "ids": ids}
        answer = requests.post(f"{self.site.url}/json/2/{model}/{method}", json=body, headers=self.headers, timeout=120)
        result = answer.json()
        if answer.status_code != 200:
            raise Refused(result["message"])
        return check_plain(result)


KINDS = {"xmlrpc": XmlRpc, "odoorpc": OdooRpc, "json2": Json2}


def make_contract(client, name, *, activate=True, **values):
    """Return the id of a contract on the monthly Professional plan with a customer of its own."""
    partner = client.create("res.partner", {"name": name, "is_company": True, "email": "office@customer.example"})
    (plan,) = client.call("kor.plan", "search", domain=[["code", "=", "professional_monthly"]])
    contract = client.create(
        "kor.contract", {"partner_id": partner, "plan_id": plan, "date_start": "2026-01-01", "tz": "UTC", **values}
    )
    if activate:
        client.call("kor.contract", "action_activate", [contract])
    return contract


def find_id(client, xml_id):
    """Return the id of the record that an add-on has brought under this name."""
    module, name = xml_id.split(".")
    domain = [["module", "=", module], ["name", "=", name]]
    (found,) = client.call("ir.model.data", "search_read", domain=domain, fields=["res_id"])
    return found["res_id"]


def enable_payment(admin):
    """Switch the demo's payment provider on and return what a token of it needs."""
    (provider,) = admin.call("payment.provider", "search", domain=[["code", "=", "demo"]], limit=1)
    admin.call("payment.provider", "write", [provider], vals={"state": "test", "allow_tokenization": True})
    (found,) = admin.call("payment.provider", "read", [provider], fields=["payment_method_ids"])
    return {"provider_id": provider, "payment_method_id": found["payment_method_ids"][0]}


def save_token(client, partner, payment_method):
    """Save a payment method of the customer that always succeeds."""
    values = {"payment_details": "4242", "provider_ref": "demo", "demo_simulated_state": "done"}
    return client.create("payment.token", {**payment_method, **values, "partner_id": partner})


def query(site, statement, *values):
    """Return the rows of a statement, run in a transaction of its own."""
    return site.odoo.cluster.execute(statement, site.database, values)


def fingerprint(site):
    """Return number and content of the rows of contracts and billing, as the database has them."""
    one = sql.SQL("SELECT count(*), md5(string_agg(t::text, '' ORDER BY id)) FROM {} t")
    rows = sql.SQL(" UNION ALL ").join(one.format(sql.Identifier(table)) for table in TABLES)
    return dict(zip(TABLES, query(site, rows), strict=True))


def at_once(function, *arguments):
    """Call the function with each set of arguments from a thread of its own, let loose together; return what it does.

    The arguments are given as to `map`.
    """
    calls = list(zip(*arguments, strict=True))
    gate = threading.Barrier(len(calls))

    def run(call):
        gate.wait()
        return function(*call)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def wait_until(condition, what, seconds=60):
    """Return what the condition returns, once that is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {seconds} s")
