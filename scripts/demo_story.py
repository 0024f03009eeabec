"""Give the demo a past, in Odoo's shell: bill each contract on the days it was due, collect most of it.

Run twice it does nothing more: what is billed stays billed.
"""

from datetime import timedelta

from odoo import fields

from odoo.addons.kor_billing.engine.billing import Window

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
borealis = env.ref("kor_enterprise.contract_borealis")
days = [borealis.date_start + timedelta(days=number) for number in range((today - borealis.date_start).days)]
env["kor.usage.event"].ingest(
    [
        {
            "id": f"demo-{metric}-{day}",
            "contract": borealis.name,
            "metric": metric,
            "time": f"{day}T12:00:00Z",
            "quantity": base + step * (number % 9),
        }
        for number, day in enumerate(days)
        for metric, base, step in (("api_calls", 38000, 1500), ("storage", 1900, 40))
    ]
)

for contract in env["kor.contract"].search([("next_billing_date", "<=", today)]):
    while contract.next_billing_date and contract.next_billing_date <= today:
        day = contract.next_billing_date
        contract._bill(Window.as_of(contract.date_start, day), invoice_date=day)

# The latest invoices stay open, and two customers have no saved payment method.
late = [
    ("kor_contract_id", "!=", False),
    ("invoice_date", "<", today - timedelta(days=20)),
    ("payment_state", "=", "not_paid"),
]
for move in env["account.move"].search(late):
    move.process_payment()
