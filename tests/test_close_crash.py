"""A close of revenue that is killed again and again books what every contract has earned exactly once."""

import contextlib
import random
import time
from concurrent.futures import ThreadPoolExecutor

import clients
import pytest
import requests
from crash import assert_balanced, is_idle, kill_workers, trigger

pytestmark = pytest.mark.rough

CONTRACTS, KILLS = 48, 10
# Small batches, so that kills fall before, within and after their commits.
_PREPARE = f"""
env["ir.config_parameter"].set_param("kor_revenue.batch_size", "4")
env["kor.revenue.close"].search([("state", "=", "running")])._write_engine({{"state": "done"}})
company = env.ref("base.main_company")
company.action_kor_setup_revenue()
company.kor_revenue_lock_date = False
plan = env["kor.plan"].search([("code", "=", "professional_monthly")], limit=1)
partners = env["res.partner"].create([{{"name": f"Canyon {{number}}"}} for number in range({CONTRACTS})])
contracts = env["kor.contract"].create([
    {{"partner_id": partner.id, "plan_id": plan.id, "company_id": company.id, "date_start": "2026-01-01",
     "date_end": "2026-03-31", "tz": "UTC"}}
    for partner in partners
])
contracts.action_activate()
contracts._write_agreed({{"next_billing_date": False}})
env["kor.revenue.close"].create({{"company_id": company.id, "date_to": "2026-02-28"}})._start()
"""


@pytest.fixture(scope="module")
def job(site):
    return clients.find_id(clients.Json2(site, "admin"), "kor_revenue.ir_cron_close")


def read(site):
    """Return contracts, slices, differing slices and entries that are booked, and what they come to."""
    (row,) = clients.query(
        site,
        """SELECT count(DISTINCT item.contract_id), count(*), count(DISTINCT (item.schedule_id, item.month)),
                  count(DISTINCT item.move_id), COALESCE(sum(item.amount), 0)
           FROM kor_revenue_item item JOIN res_partner partner ON partner.id = item.partner_id
           WHERE partner.name LIKE 'Canyon %%'""",
    )
    return row


def is_done(site):
    return not clients.query(site, "SELECT 1 FROM kor_revenue_close WHERE state = 'running'")


def test_a_close_that_is_killed_ten_times_books_everything_once(site, job):
    site.shell(_PREPARE)
    moments, met, seen = random.Random(10), 0, []
    with ThreadPoolExecutor(1) as pool:
        for _kill in range(KILLS):
            answer = pool.submit(trigger, site, job)
            time.sleep(moments.uniform(0.05, 0.6))
            met += not answer.done()
            kill_workers(site)
            with contextlib.suppress(requests.ConnectionError, clients.Refused, ValueError):
                answer.result(60)
            seen.append(read(site)[0])
    # Not all kills came too early or too late to meet the close.
    assert met >= 3 and seen == sorted(seen)
    clients.wait_until(lambda: is_idle(site), "end of the killed transactions")
    site.server.wait_ready()
    clients.wait_until(lambda: trigger(site, job) and is_done(site), "end of the close")
    contracts, slices, months, moves, amount = read(site)
    assert (contracts, slices, moves) == (CONTRACTS, months, 2 * CONTRACTS)
    (target,) = clients.query(
        site,
        """SELECT sum(own.amount), sum(own.open_amount) FROM kor_revenue_month own
           JOIN res_partner partner ON partner.id = own.partner_id
           WHERE partner.name LIKE 'Canyon %%' AND own.month < '2026-03-01'""",
    )
    assert target == (amount, 0) and amount > 0
    assert_balanced(site)
