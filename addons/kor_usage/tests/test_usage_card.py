from lxml import html

from odoo.fields import Command
from odoo.tests import TransactionCase, freeze_time, new_test_user, tagged

from .common import NOW, UsageCase


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestUsageCard(UsageCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_usage()
        cls.reader = new_test_user(cls.env, "card_reader", "kor_contracts.group_kor_contract_user")

    def _make_limited(self, *limits, **values):
        contract = self._make_contract(self.customer, activate=False, **values)
        contract.limit_ids = [
            Command.create({"metric_id": metric.id, "kind": kind, "quantity": quantity})
            for metric, kind, quantity in limits
        ]
        contract.action_activate()
        return contract

    def _report(self, contract, quantity, metric="test_sum", time="2026-06-10T12:00:00Z"):
        key = f"{contract.id}-{metric}-{time}"
        event = self._event(key, quantity, time, metric, contract=contract.id, value=str(quantity))
        self._assert_counts(self._ingest(event), 1)

    def _read_card(self, contract, user=None):
        contract.invalidate_recordset(["usage_html"])
        return html.fragment_fromstring(contract.with_user(user or self.reader).usage_html, "div")

    def _read_row(self, contract, code="test_sum"):
        (row,) = self._read_card(contract).xpath(f"//li[@data-metric='{code}']")
        return row

    def _text(self, node):
        return " ".join(node.text_content().split())

    def test_bar_is_coloured_by_the_share_of_the_limit(self):
        for used, colour, percent, left in (
            (79.9, "success", "79", "20.1 unit left"),
            (80, "warning", "80", "20 unit left"),
            (99.99, "warning", "99", "0.01 unit left"),
            (100, "danger", "100", "0 unit left"),
            (130, "danger", "100", "30 unit over the limit"),
        ):
            with self.subTest(used):
                contract = self._make_limited((self.calls, "limited", 100))
                self._report(contract, used)
                row = self._read_row(contract)
                (bar,) = row.xpath(".//*[@role='progressbar']")
                self.assertEqual(bar.get("aria-valuenow"), percent)
                self.assertIn(f"bg-{colour}", bar[0].get("class"))
                self.assertIn(left, self._text(row))

    def test_all_pages_say_the_same_percent_and_100_only_where_it_is_reached(self):
        for used, percent in ((79.6, 79), (99.6, 99), (99.996, 99), (100, 100), (130, 100)):
            with self.subTest(used):
                contract = self._make_limited((self.calls, "limited", 100))
                self._report(contract, used)
                (bar,) = self._read_row(contract).xpath(".//*[@role='progressbar']")
                (limit,) = contract._get_limit_bars()
                self.assertEqual((bar.get("aria-valuenow"), limit["percent"]), (str(percent), percent))
                (told,) = contract.entitlements()["limits"]
                self.assertIs(told["percent"] >= 100, used >= 100)

    def test_only_the_running_month_counts(self):
        contract = self._make_limited((self.calls, "limited", 100), date_start="2026-01-10")
        self._report(contract, 70, time="2026-06-09T12:00:00Z")
        self._report(contract, 30, time="2026-06-11T12:00:00Z")
        self.assertIn("30 unit", self._text(self._read_row(contract)))
        self.assertIn("from 06/10/2026 to 07/09/2026", self._text(self._read_card(contract)))

    def test_zero_reported_and_nothing_reported_look_different(self):
        contract = self._make_limited((self.calls, "limited", 100), (self.metrics[1], "limited", 100))
        self._report(contract, 0)
        self.assertIn("0 unit of 100 unit a month 0 %", self._text(self._read_row(contract)))
        unread = self._read_row(contract, "test_max")
        self.assertIn("No reading yet", self._text(unread))
        self.assertFalse(unread.xpath(".//*[@role='progressbar']"))

    def test_use_without_limit_is_a_number(self):
        self._report(self.contract, 1234.5)
        row = self._read_row(self.contract)
        self.assertIn("1,234.5 unit · No limit", self._text(row))
        self.assertFalse(row.xpath(".//*[@role='progressbar']"))

    def test_unlimited_and_agreed_limits_have_no_bar(self):
        for kind in ("unlimited", "agreed"):
            with self.subTest(kind):
                contract = self._make_limited((self.calls, kind, 0))
                self._report(contract, 5)
                row = self._read_row(contract)
                self.assertIn("5 unit", self._text(row))
                self.assertFalse(row.xpath(".//*[@role='progressbar']"))

    def test_what_lines_hold_counts_where_nothing_measures_it(self):
        users = self.metrics[2]
        line = {"name": "Users", "charge_type": "per_unit", "metric_id": users.id, "quantity": 7, "unit_price": 1}
        contract = self._make_contract(
            self.customer, activate=False, line_ids=[Command.create({"product_id": self.product.id, **line})]
        )
        contract.limit_ids = [Command.create({"metric_id": users.id, "kind": "limited", "quantity": 10})]
        contract.action_activate()
        self.assertIn("7 unit of 10 unit 70 %", self._text(self._read_row(contract, "test_latest")))

    def test_nothing_reported_is_explained(self):
        text = self._text(self._read_card(self.contract))
        self.assertIn("/kor/api/v1/usage", text)
        self.assertIn(self.contract.name, text)
        self._report(self.contract, 1)
        self.assertNotIn("/kor/api/v1/usage", self._text(self._read_card(self.contract)))

    def test_contract_that_has_not_begun_says_so(self):
        text = self._text(self._read_card(self._make_contract(self.customer, date_start="2026-07-01")))
        self.assertIn("before the contract begins on 07/01/2026", text)
        self.assertNotIn("/kor/api/v1/usage", text)

    def test_contract_without_metrics_says_so(self):
        line = {"product_id": self.product.id, "name": "Fee", "unit_price": 5}
        contract = self._make_contract(self.customer, line_ids=[Command.create(line)])
        self.assertIn("has no limits", self._text(self._read_card(contract)))
        self.assertFalse(contract._has_usage_page())

    def test_numbers_are_written_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self._report(self.contract, 1234.5)
        self.reader.lang = "de_DE"
        self.assertIn("1.234,5 unit", self._text(self._read_row(self.contract.with_context(lang="de_DE"))))

    def test_card_takes_few_queries_whatever_was_reported(self):
        for day in range(10, 15):
            for metric in self.metrics:
                self._report(self.contract, day, metric.code, f"2026-06-{day}T12:00:00Z")
        self._read_card(self.contract)
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(25):
            self.contract.with_user(self.reader).usage_html  # noqa: B018

    def test_button_opens_the_graph_of_one_metric(self):
        self._report(self.contract, 4, "test_max")
        context = self.contract.with_user(self.reader).action_open_usage()["context"]
        self.assertEqual(context["searchpanel_default_metric_id"], self.metrics[1].id)
        self.assertTrue(context["search_default_recent"])
