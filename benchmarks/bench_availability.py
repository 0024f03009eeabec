"""The availability of contracts over a year with a hundred outages each, and how it grows.

Each contract rests on a service of its own, so that nothing can be shared; half of them are measured in office hours,
in one of four time zones. Outages overlap now and then; one of ten is degraded service or maintenance. Beside it: the
same outages of one service on which all contracts rest. Seconds are the processor's, which a busy machine changes
little. `KOR_BENCH` sets the number of contracts (1000): it is measured for a quarter, for half and for all of them.
"""

import gc
import os
import time
from datetime import date, datetime

from odoo.fields import Command
from odoo.tools import SQL

CONTRACTS = int(os.environ.get("KOR_BENCH") or 1000)
OUTAGES = 100
FIRST, LAST, NOW = date(2025, 1, 1), date(2025, 12, 31), datetime(2026, 2, 1)
ZONES = ("UTC", "Europe/Madrid", "America/New_York", "Asia/Kolkata")

env = env(context={**env.context, "tracking_disable": True, "mail_create_nolog": True, "mail_notrack": True})
product = env["product.product"].create({"name": "Bench", "type": "service"})
tier = env.ref("kor_enterprise_tiers.tier_professional")
calendar = env.ref("resource.resource_calendar_std")


def make_contracts(count):
    partners = env["res.partner"].create([{"name": f"Bench {number}"} for number in range(count)])
    contracts = env["kor.contract"].create(
        [
            {
                "partner_id": partner.id,
                "tier_id": tier.id,
                "term": "monthly",
                "date_start": FIRST,
                "tz": ZONES[number % len(ZONES)],
                "line_ids": [Command.create({"product_id": product.id, "name": "Bench", "unit_price": 100.0})],
            }
            for number, partner in enumerate(partners)
        ]
    )
    contracts[::2].sla_agreement_ids.write({"uptime_calendar_id": calendar.id})
    contracts.sla_agreement_ids.write({"maintenance_minutes": 60, "maintenance_notice_hours": 24})
    contracts.action_activate()
    return contracts


def make_services(contracts):
    return env["kor.sla.service"].create(
        [
            {
                "name": f"Bench {contract.id}",
                "code": f"bench_{contract.id}",
                "contract_ids": [Command.set(contract.ids)],
            }
            for contract in contracts
        ]
    )


def make_outages(services, count):
    """Write the outages of a year past the ORM: a hundred thousand records would take longer than what is measured."""
    env.flush_all()
    env.cr.execute(
        SQL(
            """
            INSERT INTO kor_sla_outage (name, service_id, company_id, state, weight, date_start, date_end, duration,
                                        date_announced, is_excluded)
            SELECT 'Bench', s.id, s.company_id,
                   CASE n %% 20 WHEN 0 THEN 'degraded' WHEN 10 THEN 'maintenance' ELSE 'down' END, 0.5,
                   t.at, t.at + (3 + (n * 7 + s.id) %% 90) * interval '1 minute', 1,
                   CASE n %% 20 WHEN 10 THEN t.at - interval '2 days' END, false
              FROM kor_sla_service s, generate_series(1, %(count)s) n,
                   LATERAL (SELECT timestamp '2025-01-01' + ((n * 525600.0 / %(count)s) - (n + s.id) %% 60)
                                   * interval '1 minute' AS at) t
             WHERE s.id = ANY(%(services)s)
            """,
            services=services.ids,
            count=count,
        )
    )
    env.invalidate_all()


def timed(contracts):
    env.flush_all()
    env.invalidate_all()
    gc.collect()
    queries, begin = env.cr.sql_log_count, time.process_time()
    measured = contracts._measure_availability(FIRST, LAST, NOW)
    seconds = time.process_time() - begin
    parts = sum(len(found[1]) for found in measured.values())
    assert parts == 12 * len(contracts), parts
    assert all(found[0].down for found in measured.values())
    return seconds, env.cr.sql_log_count - queries


def show(name, contracts, outages, found):
    seconds, queries = found
    print(f"{name:34}{len(contracts):10}{outages:10}{seconds:10.2f}{seconds * 1000 / len(contracts):12.2f}{queries:9}")
    return seconds


contracts = make_contracts(CONTRACTS)
services = make_services(contracts)
print(f"\n{'':34}{'contracts':>10}{'outages':>10}{'seconds':>10}{'ms for one':>12}{'queries':>9}")
sizes, done = [CONTRACTS // 4, CONTRACTS // 2, CONTRACTS], 0
times = []
for size in sizes:
    make_outages(services[done:size], OUTAGES)
    done = size
    timed(contracts[:10])
    times.append(show("a service for each", contracts[:size], size * OUTAGES, timed(contracts[:size])))
for earlier, later, size in zip(times, times[1:], sizes[1:], strict=False):
    print(f"twice the contracts and outages ({size}): {later / earlier:.2f} times as long (goal: at most 2.4)")
env.cr.execute(SQL("DELETE FROM kor_sla_outage WHERE service_id = ANY(%s)", services.ids))
services.contract_ids = [Command.clear()]
services[0].contract_ids = contracts
make_outages(services[0], CONTRACTS * OUTAGES // 10)
shared = timed(contracts)
show("one service for all", contracts, CONTRACTS * OUTAGES // 10, shared)
env.cr.rollback()
