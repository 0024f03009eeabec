"""Invoices per second: contracts billed, beside a plain native create and post of the same lines, in one run.

The native side is what an integrator writes first: `account.move.create` and `_post` in one call for the same
customers, products, quantities and prices. Billing does that and also rates, proves and books every slice.
Rounds alternate and the best of each side counts, so that a busy machine troubles both alike.
"""

import time

from odoo.fields import Command

CONTRACTS, ROUNDS = 100, 3
LINES = (("Base fee", "fixed", 250.0, 1), ("Users", "per_unit", 29.0, 40), ("Support", "fixed", 99.0, 1))

company = env.company
metric = env.ref("kor_enterprise_tiers.metric_users")
tax = env["account.tax"].search([("type_tax_use", "=", "sale"), ("company_id", "=", company.id)], limit=1)
product = env["product.product"].create({"name": "Bench", "type": "service", "taxes_id": [Command.set(tax.ids)]})


def make_partners(label):
    return env["res.partner"].create([{"name": f"{label} {number}"} for number in range(CONTRACTS)])


def make_contracts(partners):
    line_vals = [
        {"product_id": product.id, "name": name, "charge_type": kind, "unit_price": price, "quantity": quantity,
         "metric_id": metric.id if kind == "per_unit" else False}
        for name, kind, price, quantity in LINES
    ]  # fmt: skip
    contracts = env["kor.contract"].create(
        [
            {
                "partner_id": partner.id,
                "tier_id": env.ref("kor_enterprise_tiers.tier_professional").id,
                "term": "monthly",
                "date_start": "2026-01-01",
                "line_ids": [Command.create(values) for values in line_vals],
            }
            for partner in partners
        ]
    )
    contracts.action_activate()
    return contracts


def bill_natively(partners):
    moves = env["account.move"].create(
        [
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": "2026-01-05",
                "invoice_line_ids": [
                    Command.create({"product_id": product.id, "name": name, "quantity": quantity, "price_unit": price})
                    for name, _kind, price, quantity in LINES
                ],
            }
            for partner in partners
        ]
    )
    moves._post()
    return moves


def timed(function, argument):
    env.flush_all()
    env.invalidate_all()
    queries, begin = env.cr.sql_log_count, time.perf_counter()
    result = function(argument)
    env.flush_all()
    return result, time.perf_counter() - begin, env.cr.sql_log_count - queries


def bill(contracts):
    return env["account.move"].browse(contracts.generate_invoice("2026-01-01", "2026-01-31"))


best = {}
for turn in range(ROUNDS + 1):
    contracts = make_contracts(make_partners(f"Contract {turn}"))
    partners = make_partners(f"Native {turn}")
    for name, function, argument in (("native", bill_natively, partners), ("contracts", bill, contracts)):
        moves, seconds, queries = timed(function, argument)
        assert len(moves) == CONTRACTS and set(moves.mapped("state")) == {"posted"}
        # The first turn warms the caches and does not count.
        if turn and seconds < best.get(name, (1e9, 0))[0]:
            best[name] = (seconds, queries)
    assert sum(contracts.invoice_ids.mapped("amount_total")) == sum(moves.mapped("amount_total"))

print(f"\nDrafted and posted, {CONTRACTS} invoices of {len(LINES)} lines with one tax, best of {ROUNDS}:")
for name, (seconds, queries) in best.items():
    print(f"  {name:<10} {CONTRACTS / seconds:6.1f} invoices a second   {queries / CONTRACTS:5.1f} queries each")
print(f"  ratio      {best['native'][0] / best['contracts'][0]:6.2f}  (contracts to native; more is faster)\n")
env.cr.rollback()
