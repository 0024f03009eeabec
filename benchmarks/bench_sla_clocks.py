"""Due dates of tickets over several calendars, beside `resource.calendar.plan_hours` for each, in one run.

Tickets are opened all through a quarter, on calendars in four time zones with holidays of the company and of another
one. Per ticket there are two due dates: of the first answer and of the solution. Both sides are asked the same, with
public holidays of the company alone, and have to answer the same. `plan_hours` is asked for a sample and counted up.
Last, clocks are computed and stored for real tickets. `KOR_BENCH` sets the number of tickets (10000).
"""

import gc
import os
import random
import time
from datetime import datetime, timedelta

import pytz

from odoo.fields import Command

TICKETS = int(os.environ.get("KOR_BENCH") or 10000)
SAMPLE = min(TICKETS, 200)
STORED = min(TICKETS, 1000)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Adelaide")
HOURS = (4, 24)
START, DAYS = datetime(2026, 2, 1), 90
HORIZON = timedelta(days=45)

random.seed(7)
company = env.company
other = env["res.company"].create({"name": "Bench, another company"})


def make_calendar(zone, number):
    values = [
        {"name": "Work", "dayofweek": str(day), "hour_from": start, "hour_to": end, "day_period": period}
        for day in range(5)
        for start, end, period in ((8 + number % 2, 12, "morning"), (13, 17 + number % 3, "afternoon"))
    ]
    return env["resource.calendar"].create(
        {
            "name": f"Bench {zone}",
            "tz": zone,
            "company_id": company.id,
            "attendance_ids": [Command.create(one) for one in values],
        }
    )


def make_holidays(calendar, owner, days):
    env["resource.calendar.leaves"].with_company(owner).create(
        [
            {
                "name": "Holiday",
                "calendar_id": calendar.id if owner == company else False,
                "date_from": START + timedelta(days=day),
                "date_to": START + timedelta(days=day, hours=23, minutes=59, seconds=59),
            }
            for day in days
        ]
    )


calendars = [make_calendar(zone, number) for number, zone in enumerate(ZONES * 2)]
for calendar in calendars:
    make_holidays(calendar, company, random.sample(range(DAYS), 6))
make_holidays(calendars[0], other, range(3, DAYS, 10))
domain = [("time_type", "=", "leave"), ("company_id", "in", [False, company.id])]


def make_questions(count):
    return [
        (random.choice(calendars), START + timedelta(seconds=random.randrange(DAYS * 86400)))
        for _number in range(count)
    ]


def ask_engine(questions):
    worktimes = {
        calendar: calendar._get_kor_worktime(calendar.tz, company, START, START + timedelta(days=DAYS) + HORIZON)
        for calendar in calendars
    }
    return [worktimes[calendar].due(start, hours * 3600) for calendar, start in questions for hours in HOURS]


def ask_plan_hours(questions):
    return [
        calendar.plan_hours(hours, start, compute_leaves=True, domain=domain)
        for calendar, start in questions
        for hours in HOURS
    ]


def timed(function, *arguments):
    env.flush_all()
    env.invalidate_all()
    gc.collect()
    queries, begin = env.cr.sql_log_count, time.perf_counter()
    result = function(*arguments)
    env.flush_all()
    return time.perf_counter() - begin, env.cr.sql_log_count - queries, result


def make_tickets(count):
    contract = env["kor.contract"].create(
        {
            "partner_id": env["res.partner"].create({"name": "Bench", "is_company": True}).id,
            "tier_id": env.ref("kor_enterprise_tiers.tier_enterprise").id,
            "term": "annual",
            "date_start": "2026-01-01",
            "line_ids": [
                Command.create(
                    {
                        "product_id": env["product.product"].create({"name": "Bench", "type": "service"}).id,
                        "name": "Base fee",
                        "unit_price": 100.0,
                    }
                )
            ],
        }
    )
    contract.action_activate()
    quiet = env["project.task"].with_context(tracking_disable=True, mail_create_nolog=True)
    tickets = quiet.create([{"name": f"Bench {n}", "kor_contract_id": contract.id} for n in range(count)])
    tickets.sla_clock_ids.unlink()
    return tickets


def local(moment):
    return pytz.utc.localize(moment)


questions = make_questions(TICKETS)
seconds, queries, answers = timed(ask_engine, questions)
native_seconds, native_queries, native = timed(ask_plan_hours, questions[:SAMPLE])
for mine, theirs in zip(answers, native, strict=False):
    assert abs(local(mine) - local(theirs)) <= timedelta(seconds=1), (mine, theirs)
scale = TICKETS / SAMPLE
print(f"\nDue dates of {TICKETS} tickets, two each, over {len(calendars)} calendars")
print(f"{'':40}{'seconds':>9}{'a second':>10}{'queries':>9}")
print(f"{'together':40}{seconds:9.2f}{TICKETS / seconds:10.0f}{queries:9}")
print(
    f"{'plan_hours for each (counted up)':40}{native_seconds * scale:9.2f}{SAMPLE / native_seconds:10.0f}"
    f"{native_queries * scale:9.0f}"
)
print(f"plan_hours for each to together: {native_seconds * scale / seconds:.0f}")
print(f"{SAMPLE * len(HOURS)} answers are the same on both sides")
growth = [timed(ask_engine, make_questions(TICKETS * factor))[0] for factor in (1, 2, 4)]
print("growth 1×, 2×, 4×: " + ", ".join(f"{one:.2f} s" for one in growth) + f"; 4× to 1×: {growth[2] / growth[0]:.1f}")

tickets = make_tickets(STORED)
stored_seconds, stored_queries, _result = timed(tickets._sync_clocks)
again_seconds, again_queries, _result = timed(tickets._sync_clocks)
print(f"clocks of {STORED} tickets stored: {stored_seconds:.2f} s, {stored_queries} queries; ", end="")
print(f"again: {again_seconds:.2f} s, {again_queries} queries")
env.cr.rollback()
