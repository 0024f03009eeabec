"""The daily snapshot of all customers: accounts refreshed, eight components read, scored, and kept.

Each customer has a year's contract with 70 days of use of two metrics, two invoices, a ticket with a promised time and
a message; contracts are made by the ORM once and copied by SQL. `KOR_BENCH` sets the number of customers (10000); the
snapshot is measured at a quarter, at a half and at the whole of it. The growth says how much longer twice as many take.
"""

import gc
import os
import time
from datetime import date, timedelta

from odoo.fields import Command

CUSTOMERS = int(os.environ.get("KOR_BENCH") or 10000)
today = date.today()
company = env.company
product = env["product.product"].create({"name": "Bench", "type": "service", "taxes_id": [Command.clear()]})
metrics = env.ref("kor_enterprise_tiers.metric_api_calls") + env.ref("kor_enterprise_tiers.metric_users")


def make_pattern():
    """Return a contract, an invoice, a ticket with its promise, and a message: what the customers are copied from."""
    partner = env["res.partner"].create({"name": "Bench pattern", "is_company": True, "tz": "UTC"})
    contract = env["kor.contract"].create(
        {
            "partner_id": partner.id,
            "tier_id": env.ref("kor_enterprise_tiers.tier_professional").id,
            "term": "annual",
            "date_start": today - timedelta(days=200),
            "line_ids": [Command.create({"product_id": product.id, "name": "Platform", "unit_price": 100.0})],
        }
    )
    contract.action_activate()
    invoice = make_invoice(partner)
    task = env["project.task"].create({"name": "Bench", "kor_contract_id": contract.id})
    agreement = contract.sla_agreement_ids[:1] or env["kor.sla.agreement"].create(
        {"contract_id": contract.id, "date_start": contract.date_start}
    )
    message = contract.message_post(body="Bench", author_id=partner.id, message_type="email")
    env.flush_all()
    return {
        "res_partner": partner.id,
        "kor_contract": contract.id,
        "account_move": invoice.id,
        "project_task": task.id,
        "kor_sla_agreement": agreement.id,
        "mail_message": message.id,
    }


def make_invoice(partner):
    """Return a posted invoice that is ten days overdue."""
    line = {"product_id": product.id, "quantity": 1, "price_unit": 100.0, "tax_ids": [Command.clear()]}
    invoice = env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": partner.id,
            "invoice_date": today - timedelta(days=40),
            "invoice_date_due": today - timedelta(days=10),
            "invoice_payment_term_id": False,
            "invoice_line_ids": [Command.create(line)],
        }
    )
    invoice.action_post()
    return invoice


def columns_of(table, leave_out):
    env.cr.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table])
    return [f'"{name}"' for (name,) in env.cr.fetchall() if name not in {"id", *leave_out}]


def copy(table, where, values, source):
    """Copy rows for each customer of `source`, which gives the columns of `values`."""
    names = columns_of(table, values)
    picked = ", ".join(f"t.{name}" for name in names)
    env.cr.execute(
        f"INSERT INTO {table} ({', '.join([*names, *values])}) SELECT {picked}, {', '.join(values.values())} "
        f"FROM {table} t CROSS JOIN {source} WHERE {where}"
    )


def make_customers(pattern, count):
    """Copy the pattern, and give each copy its use, a promised time that was kept or missed, and its own account."""
    copy_partners(pattern, count)
    copy_contracts(pattern)
    copy_invoices(pattern)
    copy_tickets(pattern)
    message = {"author_id": "b.partner", "res_id": "b.contract", "message_id": "'bench' || b.partner"}
    copy("mail_message", f"t.id = {pattern['mail_message']}", message, "bench b")
    report_use()


def copy_partners(pattern, count):
    """Copy the partner, and list the copies with what will be theirs in a table for the rest."""
    env.cr.execute("DROP TABLE IF EXISTS bench")
    env.cr.execute("SELECT last_value FROM res_partner_id_seq")
    first = env.cr.fetchone()[0] + 1
    name = {"name": "'Bench ' || n"}
    copy("res_partner", f"t.id = {pattern['res_partner']}", name, f"generate_series(1, {count}) n")
    env.cr.execute(f"UPDATE res_partner SET commercial_partner_id = id WHERE id >= {first}")
    env.cr.execute(
        f"CREATE TEMP TABLE bench AS SELECT id AS partner, row_number() OVER (ORDER BY id) AS n FROM res_partner "
        f"WHERE id >= {first}"
    )
    env.cr.execute("ALTER TABLE bench ADD contract int, ADD move int, ADD task int")


def copy_contracts(pattern):
    contract = pattern["kor_contract"]
    values = {
        "partner_id": "b.partner",
        "partner_invoice_id": "b.partner",
        "name": "'B' || b.partner",
        "access_token": "NULL",
    }
    copy("kor_contract", f"t.id = {contract}", values, "bench b")
    env.cr.execute("UPDATE bench SET contract = c.id FROM kor_contract c WHERE c.partner_id = bench.partner")
    for table in ("kor_contract_line", "kor_contract_limit"):
        copy(table, f"t.contract_id = {contract}", {"contract_id": "b.contract"}, "bench b")


def copy_invoices(pattern):
    move = pattern["account_move"]
    values = {
        "partner_id": "b.partner",
        "commercial_partner_id": "b.partner",
        "access_token": "NULL",
        "name": "'B' || b.partner",
        "partner_shipping_id": "b.partner",
    }
    copy("account_move", f"t.id = {move}", values, "bench b")
    env.cr.execute("UPDATE bench SET move = m.id FROM account_move m WHERE m.partner_id = bench.partner")
    copy("account_move_line", f"t.move_id = {move}", {"move_id": "b.move", "partner_id": "b.partner"}, "bench b")


def copy_tickets(pattern):
    """Copy the ticket and its agreement; every third customer was answered too late."""
    values = {
        "kor_contract_id": "b.contract",
        "partner_id": "b.partner",
        "access_token": "NULL",
        "ticket_number": "'B' || b.partner",
    }
    copy("project_task", f"t.id = {pattern['project_task']}", values, "bench b")
    env.cr.execute("UPDATE bench SET task = t.id FROM project_task t WHERE t.kor_contract_id = bench.contract")
    own = {"contract_id": "b.contract", "partner_id": "b.partner"}
    copy("kor_sla_agreement", f"t.id = {pattern['kor_sla_agreement']}", own, "bench b")
    env.cr.execute(
        """
        INSERT INTO kor_sla_clock (task_id, contract_id, agreement_id, partner_id, company_id, kind, number, priority,
                                   target_minutes, date_start, state, date_breached)
        SELECT b.task, b.contract, a.id, b.partner, %s, 'resolution', 99, '1', 60, now() - interval '5 days',
               CASE WHEN mod(b.n, 3) = 0 THEN 'breached' ELSE 'met' END, now() - interval '5 days'
          FROM bench b JOIN kor_sla_agreement a ON a.contract_id = b.contract
        """,
        [company.id],
    )


def report_use():
    env.cr.execute(
        """
        INSERT INTO kor_usage_rollup (contract_id, partner_id, company_id, metric_id, day, dimension, total, highest,
                                      latest, events)
        SELECT b.contract, b.partner, %s, m.id, %s::date - d, '', 50 + mod(b.n * d, 97), 50, 50, 1
          FROM bench b CROSS JOIN unnest(%s) AS m(id) CROSS JOIN generate_series(1, 70) d
        """,
        [company.id, today, metrics.ids],
    )


def analyse():
    env.cr.commit()
    # As the server's own housekeeping does it; outside of a transaction.
    with env.registry.cursor() as cr:
        cr._cnx.autocommit = True
        cr.execute("ANALYZE")
        cr._cnx.autocommit = False


def timed(function):
    env.flush_all()
    env.cr.commit()
    env.invalidate_all()
    gc.collect()
    queries, begin = env.cr.sql_log_count, time.perf_counter()
    function()
    env.flush_all()
    env.cr.commit()
    return time.perf_counter() - begin, env.cr.sql_log_count - queries


accounts = env["kor.account"]
pattern = make_pattern()
# Whatever the database held before is measured already, and no part of the figures.
accounts._cron_snapshot()
sizes, made, rows = (CUSTOMERS // 4, CUSTOMERS // 2, CUSTOMERS), 0, []
for size in sizes:
    make_customers(pattern, size - made)
    made = size
    analyse()
    env.invalidate_all()
    opened, open_queries = timed(accounts._open_accounts)
    env.cr.execute("DELETE FROM kor_health_snapshot WHERE date = %s", [today])
    seconds, queries = timed(accounts._cron_snapshot)
    again, again_queries = timed(accounts._cron_snapshot)
    rows.append((size, seconds, queries, opened, open_queries, again, again_queries))
    env.cr.execute(
        "SELECT count(*), avg(coverage), count(DISTINCT band) FROM kor_health_snapshot WHERE date = %s", [today]
    )
    count, coverage, _bands = env.cr.fetchone()
    assert count >= size and coverage > 50, (count, coverage)

print(
    f"\n{'customers':>9}{'seconds':>9}{'a second':>10}{'queries':>9}{'growth':>8}{'new accounts':>14}{'run again':>11}"
)
before = None
for size, seconds, queries, opened, _open_queries, again, _again_queries in rows:
    growth = f"{seconds / before:.2f}" if before else ""
    before = seconds
    print(f"{size:9}{seconds:9.2f}{size / seconds:10.0f}{queries:9}{growth:>8}{opened:12.2f} s{again:9.2f} s")
chunks = -(-CUSTOMERS // 1000)
print(f"queries for each chunk of 1,000: {rows[-1][2] / chunks:.0f}; a growth of 2.0 is straight")
