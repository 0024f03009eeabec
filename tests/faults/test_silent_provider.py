"""The payment provider does not answer in time: nobody knows whether it charged, so nobody charges again."""

import subprocess

import clients
import pytest
from test_payment_crash import AN_HOUR_LATER, JOB, invoice, read_attempts  # noqa: F401

pytestmark = pytest.mark.rough

TIMED_OUT = "import requests; raise requests.exceptions.ReadTimeout('the provider did not answer in 10 seconds')"


def run_job(site, log, late=""):
    command = site.odoo.command("shell", site.database, "--no-http", "--log-level=critical")
    code = JOB.format(log=str(log), then=TIMED_OUT, late=late) + "\nenv.cr.commit()\n"
    return subprocess.run(command, env=site.odoo.environment(), input=code, text=True, timeout=120).returncode


def test_charge_without_an_answer_is_never_repeated(site, invoice, tmp_path):  # noqa: F811
    log = tmp_path / "asked"
    assert run_job(site, log) == 0
    run_job(site, log, late=AN_HOUR_LATER)
    run_job(site, log)
    assert len(log.read_text().split()) == 1
    ((number, _state, _unclear, asked),) = read_attempts(site, invoice)
    assert number == 1 and asked != "done"
    (move,) = clients.XmlRpc(site, "admin").call(
        "account.move", "read", [invoice], fields=["amount_residual", "amount_total", "state"]
    )
    assert move["state"] == "posted" and move["amount_residual"] == move["amount_total"] > 0
