"""Billing a period of a million events beside one of a thousand, in one run: rating reads days, not events.

Both contracts have events on every day of the month. The events are counted by `ingest`, as any others. Each is
billed in turn and taken back again; the best of each side counts.
"""

import time
from datetime import UTC, datetime, timedelta

from odoo.fields import Command

ROUNDS, BATCH = 5, 10_000
MONTH = {"date_from": "2026-03-31", "date_to": "2026-03-31"}

product = env["product.product"].create({"name": "Bench", "type": "service"})
metric = env["kor.metric"].create({"name": "Bench", "code": "bench_calls", "unit": "call", "aggregation": "sum"})


def make_contract(name):
    line = {
        "product_id": product.id,
        "name": "Calls",
        "charge_type": "usage",
        "timing": "arrears",
        "metric_id": metric.id,
        "price_model": "graduated",
        "price_tier_ids": [
            Command.create({"up_to": 100_000, "unit_price": 0.002}),
            Command.create({"up_to": 0, "unit_price": 0.001}),
        ],
    }
    contract = env["kor.contract"].create(
        {
            "partner_id": env["res.partner"].create({"name": name, "is_company": True}).id,
            "tier_id": env.ref("kor_enterprise_tiers.tier_professional").id,
            "term": "monthly",
            "date_start": "2026-03-01",
            "tz": "UTC",
            "line_ids": [Command.create(line)],
        }
    )
    contract.action_activate()
    return contract


def fill(contract, count):
    """Let the contract use `count` calls in March."""
    start, step = datetime(2026, 3, 1, tzinfo=UTC), timedelta(days=31) / count
    for first in range(0, count, BATCH):
        answer = env["kor.usage.event"].ingest(
            [
                {
                    "id": f"{number}",
                    "contract": contract.id,
                    "metric": metric.code,
                    "time": (start + number * step).isoformat(),
                    "quantity": 1,
                }
                for number in range(first, min(first + BATCH, count))
            ]
        )
        assert answer["accepted"] == min(BATCH, count - first), answer
        env.cr.commit()


def timed(function):
    env.invalidate_all()
    begin = time.perf_counter()
    result = function()
    return time.perf_counter() - begin, result


def preview(contract):
    seconds, lines = timed(lambda: contract.preview_invoice(**MONTH))
    return seconds, sum(line["quantity"] for line in lines)


def generate(contract):
    seconds, moves = timed(lambda: contract.generate_invoice(**MONTH))
    quantity = env["account.move"].browse(moves).invoice_line_ids.kor_explanation["price"]["quantity"]
    env.cr.rollback()
    return seconds, quantity


sizes = (1_000, 1_000_000)
contracts = {size: make_contract(f"Bench {size}") for size in sizes}
begin = time.perf_counter()
for size, contract in contracts.items():
    fill(contract, size)
filled = time.perf_counter() - begin
env.cr.execute("SELECT count(*) FROM kor_usage_event WHERE metric_id = %s", [metric.id])
assert env.cr.fetchone()[0] == sum(sizes)

best = {}
for turn in range(ROUNDS + 1):
    for step in (preview, generate):
        for size, contract in contracts.items():
            seconds, quantity = step(contract)
            assert quantity == size, (step, size, quantity)
            # The first turn warms the caches and does not count.
            if turn:
                best[step, size] = min(best.get((step, size), seconds), seconds)

few, many = sizes
print(f"\nBilling a month of events, milliseconds, best of {ROUNDS} ({sum(sizes):,} events counted in {filled:.0f} s):")
print(f"  {'':<18} {few:>12,} {many:>12,} {'ratio':>8}")
for step in (preview, generate):
    times = [best[step, size] * 1000 for size in sizes]
    print(f"  {step.__name__ + '_invoice':<18} {times[0]:>12.1f} {times[1]:>12.1f} {times[1] / times[0]:>8.2f}")
print()
