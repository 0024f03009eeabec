"""A run that is killed again and again, or worked off from two sides, bills every contract exactly once."""

import contextlib
import random
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import clients
import psutil
import psycopg2
import pytest
import requests

pytestmark = pytest.mark.rough

CONTRACTS, KILLS = 60, 20
# Small batches, so that kills fall before, within and after their commits.
_PREPARE = """
from odoo.fields import Command
env["ir.config_parameter"].set_param("kor_billing.batch_size", "6")
env["kor.billing.run"].search([("state", "=", "running")])._write_engine({{"state": "done"}})
plan = env.ref("kor_enterprise_tiers.plan_professional_monthly", raise_if_not_found=False)
plan = plan or env["kor.plan"].search([("code", "=", "professional_monthly")], limit=1)
env["kor.contract"].search([])._write_agreed({{"next_billing_date": False, "needs_correction": False}})
partners = env["res.partner"].create([{{"name": f"{label} {{number}}"}} for number in range({count})])
contracts = env["kor.contract"].create([
    {{"partner_id": partner.id, "plan_id": plan.id, "date_start": "2026-01-01", "date_end": "2026-02-28", "tz": "UTC"}}
    for partner in partners
])
contracts.action_activate()
"""
_WORK = "env['kor.billing.run']._cron_bill()\n"


def prepare(site, label, count):
    """Make contracts of two months each, and nothing else that is due; return their ids."""
    site.shell(_PREPARE.format(label=label, count=count))
    rows = query(
        site,
        """SELECT c.id FROM kor_contract c JOIN res_partner p ON p.id = c.partner_id
           WHERE p.name LIKE %s AND c.next_billing_date IS NOT NULL""",
        f"{label} %",
    )
    assert len(rows) == count
    return [row[0] for row in rows]


@contextlib.contextmanager
def cursor(site):
    database = psycopg2.connect(host=str(site.odoo.cluster.socket), user="kor", dbname=site.database)
    try:
        with database, database.cursor() as opened:
            yield opened
    finally:
        database.close()


def query(site, statement, *values):
    with cursor(site) as opened:
        opened.execute(statement, values)
        return opened.fetchall()


def execute(site, statement):
    with cursor(site) as opened:
        opened.execute(statement)


def count_billed(site, contracts):
    return query(
        site, "SELECT count(DISTINCT contract_id) FROM kor_billing_item WHERE contract_id = ANY(%s)", contracts
    )[0][0]


def assert_billed_once(site, contracts):
    """Every period of every contract is booked once, each contract has one invoice, and the ledger balances."""
    (booked,) = query(
        site,
        """SELECT count(*), count(DISTINCT (contract_line_id, period_start)), count(DISTINCT contract_id),
                  count(DISTINCT move_id), count(*) FILTER (WHERE move_line_id IS NULL)
           FROM kor_billing_item WHERE state = 'booked' AND contract_id = ANY(%s)""",
        contracts,
    )
    items, periods, billed, moves, unpaid = booked
    assert items == periods and items % (2 * len(contracts)) == 0
    assert (billed, moves, unpaid) == (len(contracts), len(contracts), 0)
    (ledger,) = query(
        site,
        """SELECT count(DISTINCT m.id), count(DISTINCT m.name), sum(l.balance), sum(i.amount)
           FROM account_move m JOIN account_move_line l ON l.move_id = m.id
           LEFT JOIN kor_billing_item i ON i.move_line_id = l.id
           WHERE m.kor_contract_id = ANY(%s) AND m.state = 'posted'""",
        contracts,
    )
    count, names, balance, amount = ledger
    assert (count, names, balance) == (len(contracts), len(contracts), 0)
    (lines,) = query(
        site,
        """SELECT sum(-l.balance) FROM account_move m JOIN account_move_line l ON l.move_id = m.id
           WHERE m.kor_contract_id = ANY(%s) AND l.display_type = 'product'""",
        contracts,
    )
    assert lines[0] == amount
    unbalanced = query(
        site,
        """SELECT move_id FROM account_move_line WHERE parent_state = 'posted'
           GROUP BY move_id HAVING sum(balance) != 0""",
    )
    assert not unbalanced


def kill_workers(site):
    """Kill the worker processes of our own server as the kernel would; it starts new ones."""
    for process in psutil.Process(site.server.process.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


@pytest.fixture(scope="module")
def job(site):
    admin = clients.Json2(site, "admin")
    (found,) = admin.call(
        "ir.model.data",
        "search_read",
        domain=[["module", "=", "kor_billing"], ["name", "=", "ir_cron_bill"]],
        fields=["res_id"],
    )
    return found["res_id"]


def trigger(site, job):
    # Core gives up a job that was killed three times, until its scheduler looks again: here nobody waits for that.
    execute(site, "UPDATE ir_cron_progress SET timed_out_counter = 0 WHERE timed_out_counter > 0")
    return clients.Json2(site, "admin").call("ir.cron", "method_direct_trigger", [job])


def is_idle(site):
    return not query(
        site,
        """SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid()
           AND (backend_xid IS NOT NULL OR state = 'active')""",
    )


def test_run_that_is_killed_twenty_times_bills_everything_once(site, job):
    contracts = prepare(site, "Quarry", CONTRACTS)
    moments, met, seen = random.Random(20), 0, []
    with ThreadPoolExecutor(1) as pool:
        for _kill in range(KILLS):
            answer = pool.submit(trigger, site, job)
            time.sleep(moments.uniform(0.05, 0.8))
            met += not answer.done()
            kill_workers(site)
            with contextlib.suppress(requests.ConnectionError, clients.Refused, ValueError):
                answer.result(60)
            seen.append(count_billed(site, contracts))
    # Not all kills came too early or too late to meet the run.
    assert met >= 5 and seen == sorted(seen)
    clients.wait_until(lambda: is_idle(site), "end of the killed transactions")
    site.server.wait_ready()
    # A job has ten seconds, and is called again.
    clients.wait_until(lambda: trigger(site, job) and count_billed(site, contracts) == CONTRACTS, "end of the run")
    assert_billed_once(site, contracts)
    assert trigger(site, job) is True
    assert_billed_once(site, contracts)


def test_two_workers_at_once_bill_everything_once(site):
    contracts = prepare(site, "Ravine", 40)
    command = site.odoo.command("shell", site.database, "--no-http", "--log-level=warn")
    workers = [
        subprocess.Popen(command, env=site.odoo.environment(), stdin=subprocess.PIPE, text=True) for _one in range(2)
    ]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda worker: worker.communicate(_WORK + "env.cr.commit()\n", timeout=80), workers))
    assert [worker.returncode for worker in workers] == [0, 0]
    assert_billed_once(site, contracts)
