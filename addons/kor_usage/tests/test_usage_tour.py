from odoo.fields import Command, Date, Datetime
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import date_utils

from .common import UsageCase


@tagged("post_install", "-at_install")
class TestUsageTour(UsageCase, HttpCase):
    def test_use_is_found_on_the_contract_and_opened_by_day(self):
        self._set_up_usage("UTC")
        reporter = new_test_user(self.env, "kor_reporter", "kor_usage.group_kor_usage_reporter")
        limit = Command.create({"metric_id": self.calls.id, "kind": "limited", "quantity": 100})
        contract = self._make_contract(
            self.customer,
            activate=False,
            date_start=date_utils.start_of(Date.today(), "month"),
            limit_ids=[limit],
        )
        contract.action_activate()
        time = Datetime.to_string(date_utils.start_of(Datetime.now(), "day")) + "Z"
        result = self._ingest(
            self._event("1", 90, time, contract=contract.id),
            self._event("2", 5, time, "test_max", contract=contract.id),
        )
        self._assert_counts(result, accepted=2)
        self.start_tour(f"/odoo/kor-contracts/{contract.id}", "kor_usage_tour", login=reporter.login)
