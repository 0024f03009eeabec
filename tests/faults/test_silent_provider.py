"""The payment provider does not answer in time: nobody knows whether it charged, so nobody charges again."""

import clients
import pytest
from test_payment_crash import AN_HOUR_LATER, invoice, read_attempts, run_job  # noqa: F401

pytestmark = pytest.mark.rough

TIMED_OUT = "import requests; raise requests.exceptions.ReadTimeout('the provider did not answer in 10 seconds')"


def test_charge_without_an_answer_is_never_repeated(site, invoice, tmp_path):  # noqa: F811
    log = tmp_path / "asked"
    assert run_job(site, log, TIMED_OUT) == 0
    run_job(site, log, TIMED_OUT, AN_HOUR_LATER)
    run_job(site, log, TIMED_OUT)
    assert len(log.read_text().split()) == 1
    ((number, _state, _unclear, asked),) = read_attempts(site, invoice)
    assert number == 1 and asked != "done"
    (move,) = clients.XmlRpc(site, "admin").call(
        "account.move", "read", [invoice], fields=["amount_residual", "amount_total", "state"]
    )
    assert move["state"] == "posted" and move["amount_residual"] == move["amount_total"] > 0
