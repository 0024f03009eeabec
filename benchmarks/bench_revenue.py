"""The close of a month beside as many two-line journal entries in bulk, in one run: per contract, and aggregated.

Each obligation is a year of a service, paid ahead. Beside the close: `account.move.create` of as many entries of two
lines in one call, then one `_post`, without and with the flags that keep mail and tracking out of it.
`KOR_BENCH` sets the number of obligations (5000); four of them make a contract.
"""

import gc
import os
import time
from datetime import date

from odoo.fields import Command

OBLIGATIONS = int(os.environ.get("KOR_BENCH") or 5000)
LINES = ("Platform", "Support", "Storage", "Connector")
QUIET = {"tracking_disable": True, "mail_create_nolog": True, "mail_notrack": True}

company = env.company
company.action_kor_setup_revenue()
product = env["product.product"].create({"name": "Bench", "type": "service", "taxes_id": [Command.clear()]})
income = product.product_tmpl_id.get_product_accounts()["income"] or company.income_account_id


def make_contracts(count):
    line_vals = [
        {"product_id": product.id, "name": name, "charge_type": "fixed", "unit_price": 1200.0, "billing_months": 12}
        for name in LINES
    ]
    partners = env["res.partner"].create([{"name": f"Bench {number}"} for number in range(count)])
    contracts = env["kor.contract"].create(
        [
            {
                "partner_id": partner.id,
                "tier_id": env.ref("kor_enterprise_tiers.tier_professional").id,
                "term": "annual",
                "date_start": date(2026, 1, 1),
                "line_ids": [Command.create(values) for values in line_vals],
            }
            for partner in partners
        ]
    )
    contracts.action_activate()
    return contracts


def make_entries(count, context):
    lines = [
        Command.create({"account_id": account.id, "balance": sign * 100.0, "name": "Bench"})
        for account, sign in ((company.kor_liability_account_id, 1), (income, -1))
    ]
    moves = env["account.move"].with_context(**context)
    made = moves.create(
        [
            {
                "move_type": "entry",
                "journal_id": company.kor_revenue_journal_id.id,
                "date": date(2026, 1, 31),
                "line_ids": lines,
            }
            for _ in range(count)
        ]
    )
    made._post(soft=False)


def close(contracts, grouping, day):
    company.kor_revenue_grouping = grouping
    booked = contracts._recognize(day)
    assert len(booked["items"]) == len(contracts) * len(LINES), len(booked["items"])
    return len(booked["moves"])


def timed(function, *arguments):
    env.flush_all()
    env.cr.commit()
    env.invalidate_all()
    gc.collect()
    queries, begin = env.cr.sql_log_count, time.perf_counter()
    result = function(*arguments)
    env.flush_all()
    env.cr.commit()
    return time.perf_counter() - begin, env.cr.sql_log_count - queries, result


contracts = make_contracts(OBLIGATIONS // len(LINES))
obligations = len(contracts) * len(LINES)
first, _queries, _moves = timed(close, contracts, "contract", date(2026, 1, 31))
sides = {
    "close, one entry per contract": timed(close, contracts, "contract", date(2026, 2, 28)),
    "close, one entry in all": timed(close, contracts, "month", date(2026, 3, 31)),
    "close again, nothing to book": (*timed(contracts._recognize, date(2026, 3, 31))[:2], 0),
    "entries in bulk, with flags": timed(make_entries, obligations, QUIET),
    "entries in bulk": timed(make_entries, obligations, {}),
}
print(f"\n{obligations} obligations in {len(contracts)} contracts; first close, with all months made: {first:.1f} s")
print(f"{'':32}{'seconds':>9}{'a second':>10}{'queries':>9}{'per one':>9}")
for name, (seconds, queries, _result) in sides.items():
    print(f"{name:32}{seconds:9.2f}{obligations / seconds:10.0f}{queries:9}{queries / obligations:9.3f}")
native, flagged = sides["entries in bulk"][0], sides["entries in bulk, with flags"][0]
each, one = sides["close, one entry per contract"][0], sides["close, one entry in all"][0]
print(f"entries in bulk with flags to close per contract: {flagged / each:.2f} (goal: at least 1)")
print(f"entries in bulk to close per contract: {native / each:.2f}")
print(f"entries in bulk with flags to close in one entry: {flagged / one:.1f} (goal: at least 10)")
