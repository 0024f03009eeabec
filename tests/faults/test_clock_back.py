"""The clock is set back by two months between two runs of all jobs: nothing is booked twice, nothing taken back."""

import clients
import pytest

pytestmark = pytest.mark.rough

JOBS = (
    ("kor.contract", "_cron_update_states"),
    ("kor.billing.run", "_cron_bill"),
    ("account.move", "_cron_kor_post_drafts"),
    ("kor.dunning.event", "_cron_dun"),
    ("kor.revenue.close", "_cron_close"),
    ("kor.mrr.movement", "_cron_refresh"),
)
_PREPARE = """
company = env.ref("base.main_company")
company.action_kor_setup_revenue()
env["kor.revenue.close"].create({"company_id": company.id, "date_to": "2026-05-31"})._start()
"""
_RUN = """
from freezegun import freeze_time
with freeze_time({now!r}):
    for model, job in {jobs!r}:
        getattr(env[model], job)()
        env.cr.commit()
"""


def read_books(site, contract):
    """Return what the ledger says of the contract's customer, account by account."""
    return clients.query(
        site,
        """SELECT line.account_id, count(*), sum(line.balance) FROM account_move_line line
             JOIN kor_contract contract ON contract.partner_id = line.partner_id
            WHERE contract.id = %s AND line.parent_state = 'posted' GROUP BY line.account_id ORDER BY 1""",
        contract,
    )


def read_movements(site, contract):
    return clients.query(
        site, "SELECT date, kind, amount FROM kor_mrr_movement WHERE contract_id = %s ORDER BY 1, 2", contract
    )


def test_clock_that_was_set_back(site):
    contract = clients.make_contract(clients.XmlRpc(site, "admin"), "Back in time")
    seen = []
    for number, now in enumerate(("2026-06-01 12:00:00", "2026-04-01 12:00:00", "2026-06-01 12:00:00")):
        site.shell(("" if number else _PREPARE) + _RUN.format(now=now, jobs=JOBS))
        seen.append((read_books(site, contract), read_movements(site, contract)))
    books, movements = seen[0]
    assert len(books) >= 3 and movements
    assert seen[1][0] == seen[2][0] == books
    assert seen[2][1] == movements
