"""Give the demo a past, in Odoo's shell: bill each contract on the days it was due, collect most of it.

Run twice it does nothing more: what is billed stays billed.
"""

from datetime import timedelta

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time

from odoo import fields

from odoo.addons.kor_billing.engine.billing import Window
from odoo.addons.kor_usage.engine.local_days import LocalDays

if "iap_enrich_auto_done" in env["res.company"]._fields:
    # The demo has nothing to ask the outside world about its company.
    env["res.company"].search([]).iap_enrich_auto_done = True
provider = env.ref("payment.payment_provider_demo")
provider.write({"state": "test", "allow_tokenization": True})
if not provider.journal_id:
    provider.journal_id = env["account.journal"].search(
        [("type", "=", "bank"), ("company_id", "=", provider.company_id.id)], limit=1
    )
for key in ("aurora", "borealis", "delta"):
    customer = env.ref(f"kor_enterprise.partner_{key}")
    if not env["payment.token"].search_count([("partner_id", "=", customer.id)]):
        env["payment.token"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": provider.payment_method_ids[:1].id,
                "partner_id": customer.id,
                "provider_ref": f"demo-{key}",
                "payment_details": "4242",
                "demo_simulated_state": "done",
            }
        )

today = fields.Date.context_today(env["kor.contract"])


def use_of(contract, calls, storage, growth, first=0):
    """Return events of every day so far: calls follow the working week, storage grows day by day.

    :param first: the number of days from the contract's start to the first use
    """
    week = (1.0, 1.08, 1.12, 1.05, 0.9, 0.25, 0.18)
    local, events = LocalDays(contract.tz), []
    for number in range(first, (today - contract.date_start).days + 1):
        day = contract.date_start + timedelta(days=number)
        wave = 1 + 0.06 * ((number * 7) % 11 - 5) / 5 + number / 1000
        quantities = {
            "api_calls": round(calls * week[day.weekday()] * wave),
            "storage": round(storage + growth * number, 1),
        }
        events += [
            {
                "id": f"demo-{metric}-{day}",
                "contract": contract.name,
                "metric": metric,
                # At midnight where the contract's days begin, and never ahead of now.
                "time": local.midnight(day).isoformat(),
                "quantity": quantity,
            }
            for metric, quantity in quantities.items()
        ]
    return events


# Aurora comes close to its 100 GB and knows it; Borealis pays by use.
for key, calls, storage, growth, first in (("borealis", 46000, 1900, 2.5, 0), ("aurora", 2700, 62, 0.2, 19)):
    contract = env.ref(f"kor_enterprise.contract_{key}")
    env["kor.usage.event"].ingest(use_of(contract, calls, storage, growth, first))

# Ember uses less and less: somebody should call.
ember = env.ref("kor_enterprise.contract_ember_growth")
local = LocalDays(ember.tz)
env["kor.usage.event"].ingest(
    [
        {
            "id": f"demo-ember-{day}",
            "contract": ember.name,
            "metric": "api_calls",
            "time": local.midnight(day).isoformat(),
            "quantity": 21000 if number > 40 else 300 + 500 * number,
        }
        for number in range(min(90, (today - ember.date_start).days), -1, -1)
        if (day := today - timedelta(days=number))
    ]
)

data = env.ref("kor_enterprise.contract_borealis_data")
local, begun = LocalDays(data.tz), data.date_start.replace(day=1)
# The first part of a month below the minimum, the second month above the cap, then what is usual.
env["kor.usage.event"].ingest(
    [
        {
            "id": f"demo-data-{day}",
            "contract": data.name,
            "metric": "data_transfer",
            "time": local.midnight(day).isoformat(),
            "quantity": 40
            if day < begun + relativedelta(months=1)
            else 520
            if day < begun + relativedelta(months=2)
            else 250,
        }
        for number in range((today - data.date_start).days + 1)
        if (day := data.date_start + timedelta(days=number))
    ]
)
if not data.prepaid_credit_ids:
    company = data.company_id
    company.kor_prepaid_account_id = env["account.account"].create(
        {"name": "Prepaid by customers", "code": "201900", "account_type": "liability_current"}
    )
    invoice = env["account.move"].browse(data.top_up(4000, fields.Date.to_string(today + timedelta(days=300))))
    invoice.process_payment()

for contract in env["kor.contract"].search([("next_billing_date", "<=", today)]):
    while contract.next_billing_date and contract.next_billing_date <= today:
        day = contract.next_billing_date
        contract._bill(Window.as_of(contract.date_start, day), invoice_date=day)

# What was billed above belongs to months that are closed already: they are closed again, by difference.
for close in env["kor.revenue.close"].search([("state", "=", "done")], order="date_to"):
    close.action_post()

# The latest invoices stay open, and two customers have no saved payment method.
late = [
    ("kor_contract_id", "!=", False),
    ("invoice_date", "<", today - timedelta(days=20)),
    ("payment_state", "=", "not_paid"),
]
# Each was paid some days after it was due, as customers do.
with freeze_time(today) as clock:
    for move in env["account.move"].search(late, order="invoice_date, id"):
        paid = max(move.invoice_date_due, move.invoice_date) + timedelta(days=1 + move.id % 5)
        clock.move_to(fields.Datetime.to_datetime(min(paid, today)))
        move.process_payment()

# Two customers have nothing that could be charged: they are reminded, and one disputes its oldest invoice.
overdue = env["account.move"].search(
    [
        ("kor_contract_id", "!=", False),
        ("move_type", "=", "out_invoice"),
        ("payment_state", "=", "not_paid"),
        ("invoice_date_due", "<", today),
    ],
    order="invoice_date_due, id",
)
disputed = overdue.filtered(lambda move: move.partner_id == env.ref("kor_enterprise.partner_ember"))[:1]
if len(overdue) > 1 and not any(overdue.mapped("kor_dunning_event_ids")):
    disputed.write({"kor_is_disputed": True, "kor_dispute_note": "Asks for the order number on the invoice."})
# The demo's customers have no mailbox: nothing is handed to a mail server.
overdue.with_context(mail_notify_force_send=False).apply_dunning()
env["mail.mail"].search([("state", "=", "outgoing"), ("model", "=", "kor.contract")]).cancel()
