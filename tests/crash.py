"""What tests share that kill servers or their database: how work is killed, and what must hold of billing after it."""

import contextlib

import clients
import psutil

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


def prepare(site, label, count):
    """Make contracts of two months each, and nothing else that is due; return their ids."""
    site.shell(_PREPARE.format(label=label, count=count))
    rows = clients.query(
        site,
        """SELECT c.id FROM kor_contract c JOIN res_partner p ON p.id = c.partner_id
           WHERE p.name LIKE %s AND c.next_billing_date IS NOT NULL""",
        f"{label} %",
    )
    assert len(rows) == count
    return [row[0] for row in rows]


def count_billed(site, contracts):
    return clients.query(
        site, "SELECT count(DISTINCT contract_id) FROM kor_billing_item WHERE contract_id = ANY(%s)", contracts
    )[0][0]


def assert_billed_once(site, contracts):
    """Every period of every contract is booked once, each contract has one invoice, and the ledger balances."""
    (booked,) = clients.query(
        site,
        """SELECT count(*), count(DISTINCT (contract_line_id, period_start)), count(DISTINCT contract_id),
                  count(DISTINCT move_id), count(*) FILTER (WHERE move_line_id IS NULL)
           FROM kor_billing_item WHERE state = 'booked' AND contract_id = ANY(%s)""",
        contracts,
    )
    items, periods, billed, moves, unpaid = booked
    assert items == periods and items % (2 * len(contracts)) == 0
    assert (billed, moves, unpaid) == (len(contracts), len(contracts), 0)
    (ledger,) = clients.query(
        site,
        """SELECT count(DISTINCT m.id), count(DISTINCT m.name), sum(l.balance), sum(i.amount)
           FROM account_move m JOIN account_move_line l ON l.move_id = m.id
           LEFT JOIN kor_billing_item i ON i.move_line_id = l.id
           WHERE m.kor_contract_id = ANY(%s) AND m.state = 'posted'""",
        contracts,
    )
    count, names, balance, amount = ledger
    assert (count, names, balance) == (len(contracts), len(contracts), 0)
    (lines,) = clients.query(
        site,
        """SELECT sum(-l.balance) FROM account_move m JOIN account_move_line l ON l.move_id = m.id
           WHERE m.kor_contract_id = ANY(%s) AND l.display_type = 'product'""",
        contracts,
    )
    assert lines[0] == amount
    assert_balanced(site)


def assert_balanced(site):
    """Every posted entry of the database balances."""
    unbalanced = clients.query(
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


def trigger(site, job):
    """Run a job once, as often as it was killed before."""
    # Core gives up a job that was killed three times, until its scheduler looks again: here nobody waits for that.
    reset = "UPDATE ir_cron_progress SET timed_out_counter = 0 WHERE timed_out_counter > 0"
    site.odoo.cluster.execute(reset, site.database)
    return clients.Json2(site, "admin").call("ir.cron", "method_direct_trigger", [job])


def is_idle(site):
    """Return whether no other session of the database is at work, or holds what it has written."""
    return not clients.query(
        site,
        """SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid()
           AND (backend_xid IS NOT NULL OR state = 'active')""",
    )
