"""Webhooks per second to a receiver of this machine, and what the outbox costs the transaction that causes it.

Deliveries: the job of a served database sends an outbox to receivers in a process of their own, beside the same
messages posted by a bare `http.client` in one thread, which opens a connection for each as the job does. Cost: invoices
of the same kind are posted by the same call with nobody listening, and with a webhook on each contract; rounds
alternate, and the best of each side counts. `KOR_BENCH` sets the number of messages (2000).
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path

MESSAGES = int(os.environ.get("KOR_BENCH") or 2000)
END_POINTS, INVOICES, ROUNDS = 10, 100, 3
RECEIVER = Path(__file__).resolve().parents[1] / "addons" / "kor_integrations" / "tests" / "receiver.py"

SERVE = """
import runpy, sys
receiver = runpy.run_path(sys.argv[1])["Receiver"]()
print(receiver.server_port, flush=True)
receiver.serve_forever()
"""

PREPARE = """
from odoo.fields import Command
env["ir.config_parameter"].set_param("kor_integrations.allow_private_addresses", "127.0.0.1")
product = env["product.product"].create({"name": "Bench", "type": "service"})
contracts = env["kor.contract"].create([
    {
        "partner_id": env["res.partner"].create({"name": f"Bench {number}", "is_company": True}).id,
        "tier_id": env.ref("kor_enterprise_tiers.tier_enterprise").id,
        "term": "annual",
        "date_start": "2026-01-01",
        "line_ids": [Command.create({"product_id": product.id, "name": "Use", "unit_price": 100})],
    }
    for number in range(END_POINTS)
])
contracts.action_activate()
webhooks = env["kor.integration"]
for contract in contracts:
    webhooks |= webhooks.browse(contract.create_integration({"kind": "webhook", "url": URL}))
"""

DELIVER = """
import json, time
for webhook in webhooks:
    webhook.manage_integration("activate")
for number in range(MESSAGES // END_POINTS):
    env["kor.event"]._emit("contract.amended", {one: [(one, {"number": number})] for one in contracts})
env.cr.commit()
started = time.perf_counter()
env["kor.webhook.delivery"]._cron_deliver()
seconds = time.perf_counter() - started
found = env["kor.webhook.delivery"].search([("integration_id", "in", webhooks.ids)])
assert set(found.mapped("state")) == {"delivered"}, found.mapped("error")
result = {"seconds": seconds, "body": found[0]._get_body("https://bench.example").decode()}
"""

COST = """
import json, time

def make_invoices():
    moves = env["account.move"].create([
        {
            "move_type": "out_invoice",
            "partner_id": one.partner_id.id,
            "kor_contract_id": one.id,
            "invoice_date": "2026-02-01",
            "invoice_line_ids": [Command.create({"product_id": product.id, "quantity": 1, "price_unit": 100})],
        }
        for number in range(INVOICES // END_POINTS)
        for one in contracts
    ])
    env.flush_all()
    return moves

def post(moves):
    started = time.perf_counter()
    moves._post()
    env.flush_all()
    return time.perf_counter() - started

best = {}
for turn in range(ROUNDS + 1):
    for name, state in (("silent", "draft"), ("heard", "active")):
        webhooks.state = state
        env["kor.event"]._is_heard("invoice.posted")
        moves = make_invoices()
        seconds = post(moves)
        # The first turn warms the caches and does not count.
        if turn:
            best[name] = min(seconds, best.get(name, seconds))
    # Once more by itself: it is so little that it drowns in how far two postings differ.
    started = time.perf_counter()
    moves._emit_kor("invoice.posted")
    env.flush_all()
    seconds = time.perf_counter() - started
    best["outbox"] = min(seconds, best.get("outbox", seconds))
assert env["kor.event"].search_count([("contract_id", "in", contracts.ids)]) == 2 * INVOICES * (ROUNDS + 1)
result = {name: seconds / INVOICES for name, seconds in best.items()}
env.cr.rollback()
"""


def main(site):
    """Print both measures."""
    with subprocess.Popen([sys.executable, "-c", SERVE, str(RECEIVER)], stdout=subprocess.PIPE, text=True) as receiver:
        try:
            port = int(receiver.stdout.readline())
            cost = run(site, port, COST)
            sent = run(site, port, DELIVER)
            show(cost, MESSAGES / sent["seconds"], MESSAGES / post_bare(port, sent["body"].encode()))
        finally:
            receiver.terminate()


def run(site, port, script):
    """Run a script in Odoo's shell and return its result."""
    names = {"END_POINTS": END_POINTS, "MESSAGES": MESSAGES, "INVOICES": INVOICES, "ROUNDS": ROUNDS}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.json"
        head = "".join(f"{name} = {value}\n" for name, value in names.items())
        head += f"URL = 'http://127.0.0.1:{port}/hooks'\n"
        tail = f"open({str(path)!r}, 'w').write(json.dumps(result))\n"
        site.shell(head + PREPARE + script + tail)
        return json.loads(path.read_text())


def post_bare(port, body):
    """Return the seconds that a bare client takes for as many messages of this size."""
    started = time.perf_counter()
    for _number in range(MESSAGES):
        connection = HTTPConnection("127.0.0.1", port)
        connection.request("POST", "/hooks", body)
        connection.getresponse().read()
        connection.close()
    return time.perf_counter() - started


def show(cost, rate, bare):
    print(f"webhooks: {rate:,.0f} a second, signed, to {END_POINTS} end points; a bare client {bare:,.0f}: "
          f"{rate / bare:.2f} of it")  # fmt: skip
    silent, heard, outbox = (cost[name] * 1000 for name in ("silent", "heard", "outbox"))
    print(f"posting an invoice: {silent:.2f} ms where nobody listens, {heard:.2f} ms with a webhook: "
          f"{heard / silent:.3f} of it; the outbox alone {outbox:.3f} ms, {outbox / silent:.4f} of it")  # fmt: skip
