"""Give the demo's first customers a past, in Odoo's shell: saved cards, and what they have used each day.

Run twice it does nothing more: an event counts once.
"""

import os
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import fields

from odoo.addons.kor_usage.engine.local_days import LocalDays

# Messages have their links from the moment on when they are written.
env["ir.config_parameter"].set_param("web.base.url", f"http://127.0.0.1:{os.environ.get('KOR_PORT') or 8069}")
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
transfer = env.ref("kor_enterprise_tiers.metric_data_transfer")
if not transfer.dimension_keys:
    transfer.dimension_keys = "region"
local, begun = LocalDays(data.tz), data.date_start.replace(day=1)
# The first part of a month below the minimum, the second month above the cap, then what is usual.
env["kor.usage.event"].ingest(
    [
        {
            "id": f"demo-data-{region}-{day}",
            "contract": data.name,
            "metric": "data_transfer",
            "time": local.midnight(day).isoformat(),
            "properties": {"region": region},
            "quantity": share
            * (40 if day < begun + relativedelta(months=1) else 520 if day < begun + relativedelta(months=2) else 250),
        }
        for number in range((today - data.date_start).days + 1)
        if (day := data.date_start + timedelta(days=number))
        for region, share in (("Stockholm", 0.75), ("Oulu", 0.25))
    ]
)

# Cirrus lets its gateway sum up each hour.
gateway = env.ref("kor_enterprise.contract_price_list_gateway")
local = LocalDays(gateway.tz)
env["kor.usage.reading"].ingest(
    [
        {
            "contract": gateway.name,
            "metric": "api_requests",
            "hour": f"{day}T{hour:02}:00:00Z",
            "revision": 1,
            "quantity": round(1.4 - abs(hour - 13) / 12, 3),
            "events": 4200 - 260 * abs(hour - 13),
        }
        for number in range(min(7, (today - gateway.date_start).days - 1), 0, -1)
        if (day := today - timedelta(days=number))
        for hour in range(24)
    ]
)

if not data.company_id.kor_prepaid_account_id:
    data.company_id.kor_prepaid_account_id = env["account.account"].create(
        {"name": "Prepaid by customers", "code": "201900", "account_type": "liability_current"}
    )
