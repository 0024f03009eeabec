"""The process is killed while the provider is asked: the next one knows of the attempt and charges nothing again."""

import subprocess

import clients
import pytest

pytestmark = pytest.mark.rough

MARCH = {"date_from": "2026-03-01", "date_to": "2026-03-31"}
JOB = """
import os, signal

def count(transaction):
    with open({log!r}, "a") as log:
        log.write(transaction.reference + "\\n")
    {then}

type(env["payment.transaction"])._send_payment_request = count
{late}
env["kor.payment.attempt"]._cron_collect()
"""
KILLED = "os.kill(os.getpid(), signal.SIGKILL)"
AN_HOUR_LATER = "env['kor.payment.attempt'].search([]).write({'date': '2026-03-01 00:00:00'})"


@pytest.fixture(scope="module")
def invoice(site):
    """Return an invoice that is due, of a customer with a saved payment method, and nothing else to collect."""
    admin = clients.XmlRpc(site, "admin")
    companies = admin.call("res.company", "search", domain=[])
    admin.call("res.company", "write", companies, vals={"kor_auto_charge": False})
    contract = clients.make_contract(admin, "Quarry")
    (found,) = admin.call("kor.contract", "read", [contract], fields=["partner_id", "company_id"])
    clients.save_token(admin, found["partner_id"][0], clients.enable_payment(admin))
    (move,) = admin.call("kor.contract", "generate_invoice", [contract], **MARCH)
    admin.call("res.company", "write", [found["company_id"][0]], vals={"kor_auto_charge": True})
    others = admin.call("kor.contract", "search", domain=[["id", "!=", contract]])
    admin.call("kor.contract", "write", others, vals={"auto_charge": False})
    admin.call("kor.contract", "write", [contract], vals={"auto_charge": True})
    return move


def run_job(site, log, then="return None", late=""):
    """Run the job in a process of its own and return its exit code."""
    command = site.odoo.command("shell", site.database, "--no-http", "--log-level=critical")
    code = JOB.format(log=str(log), then=then, late=late) + "\nenv.cr.commit()\n"
    return subprocess.run(command, env=site.odoo.environment(), input=code, text=True, timeout=120).returncode


def read_attempts(site, move):
    rows = clients.query(
        site,
        """SELECT a.number, a.state, a.is_unclear, t.state FROM kor_payment_attempt a
           JOIN payment_transaction t ON t.id = a.transaction_id WHERE a.move_id = %s""",
        move,
    )
    return [(number, state, bool(is_unclear), asked) for number, state, is_unclear, asked in rows]


def test_charge_that_was_cut_off_is_never_repeated(site, invoice, tmp_path):
    log = tmp_path / "asked"
    assert run_job(site, log, KILLED) == -9
    assert read_attempts(site, invoice) == [(1, "started", False, "draft")]
    run_job(site, log)
    run_job(site, log, late=AN_HOUR_LATER)
    run_job(site, log)
    assert read_attempts(site, invoice) == [(1, "started", True, "draft")]
    result = clients.XmlRpc(site, "finance").call("account.move", "process_payment", [invoice])
    assert result["state"] == "started"
    assert len(log.read_text().split()) == 1
