from lxml import html

from odoo.fields import Command
from odoo.tests import HttpCase, freeze_time, tagged

from .common import NOW, UsageCase


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestUsagePortal(UsageCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_usage("UTC")
        cls.user = cls._make_portal_user(cls.customer, "usage_own")
        cls.own = cls._make_contract(cls.customer, activate=False, date_start="2026-01-10")
        cls.own.limit_ids = [
            Command.create({"metric_id": metric.id, "kind": "limited", "quantity": 100}) for metric in cls.metrics[:2]
        ]
        cls.own.action_activate()
        reported = (
            ("2026-06-09", "test_sum", 700),
            ("2026-06-10", "test_sum", 40),
            ("2026-06-12", "test_sum", 45),
            ("2026-06-12", "test_max", 30),
        )
        cls.Event.ingest(
            [
                {"id": f"{day}-{metric}", "contract": contract.id, "metric": metric, "time": f"{day}T12:00:00Z",
                 "quantity": quantity}
                for contract in (cls.own, cls.other_contract)
                for day, metric, quantity in reported
            ]
        )  # fmt: skip

    def _open(self, contract, **arguments):
        query = "&".join(f"{name}={value}" for name, value in arguments.items())
        return self.url_open(f"/my/contracts/{contract.id}/usage?{query}", allow_redirects=False)

    def _log_in(self):
        self.authenticate("usage_own", "usage_own-usage_own")

    def _read(self, response):
        self.assertEqual(response.status_code, 200)
        return html.fromstring(response.content)

    def _get_metric(self, page, code="test_sum"):
        (section,) = page.xpath(f"//section[@data-metric='{code}']")
        return section

    def _text(self, node):
        return " ".join(node.text_content().split())

    def _assert_sent_home(self, response):
        self.assertEqual(response.status_code, 303)
        self.assertTrue(response.headers["Location"].endswith("/my"))

    def test_running_month_has_total_bar_chart_and_table(self):
        self._log_in()
        section = self._get_metric(self._read(self._open(self.own)))
        text = self._text(section)
        self.assertIn("85 unit of 100 unit a month", text)
        self.assertIn("15 unit left", text)
        self.assertIn("bg-warning", section.xpath(".//*[@role='progressbar']/div")[0].get("class"))
        self.assertEqual(len(section.xpath(".//svg//rect")), 2)
        self.assertTrue(section.xpath(".//svg[@role='img']/title") and section.xpath(".//svg/desc"))
        rows = [self._text(row) for row in section.xpath(".//tbody/tr")]
        self.assertEqual(rows, ["06/10/2026 40 unit 1", "06/12/2026 45 unit 1"])

    def test_total_is_that_of_the_entitlements(self):
        self._log_in()
        page = self._read(self._open(self.own))
        for limit in self.own.entitlements()["limits"]:
            with self.subTest(limit["metric"]):
                self.assertIn(f"{limit['used']:g} unit", self._text(self._get_metric(page, limit["metric"])))

    def test_level_is_drawn_with_its_limit(self):
        self._log_in()
        page = self._read(self._open(self.own))
        self.assertTrue(self._get_metric(page, "test_max").xpath(".//line[@stroke-dasharray]"))
        self.assertFalse(self._get_metric(page).xpath(".//line[@stroke-dasharray]"))

    def test_metric_of_which_nothing_was_reported_says_so(self):
        self._log_in()
        section = self._get_metric(self._read(self._open(self.own)), "test_latest")
        self.assertIn("No reading yet", self._text(section))
        self.assertFalse(section.xpath(".//svg"))

    def test_earlier_month_is_chosen_by_any_of_its_days(self):
        self._log_in()
        for month in ("2026-05-10", "2026-06-09"):
            with self.subTest(month):
                page = self._read(self._open(self.own, month=month))
                self.assertIn("700 unit of 100 unit", self._text(self._get_metric(page)))
                self.assertIn("600 unit over the limit", self._text(self._get_metric(page)))
                (chosen,) = page.xpath("//option[@selected]")
                self.assertEqual(chosen.get("value"), "2026-05-10")

    def test_months_run_from_the_start_to_today(self):
        self._log_in()
        page = self._read(self._open(self.own))
        months = page.xpath("//select[@name='month']/option/@value")
        self.assertEqual(months, [f"2026-0{month}-10" for month in (6, 5, 4, 3, 2, 1)])

    def test_earlier_month_leaves_out_what_nobody_measured(self):
        users = self.env["kor.metric"].create(
            {"name": "Users", "code": "test_users", "unit": "user", "aggregation": "max"}
        )
        held = {"name": "Users", "charge_type": "per_unit", "metric_id": users.id, "quantity": 7, "unit_price": 1}
        contract = self._make_contract(
            self.customer, activate=False, line_ids=[Command.create({"product_id": self.product.id, **held})]
        )
        contract.limit_ids = [Command.create({"metric_id": users.id, "kind": "limited", "quantity": 10})]
        contract.action_activate()
        self._log_in()
        running = self._get_metric(self._read(self._open(contract)), "test_users")
        self.assertIn("7 user of 10 user", self._text(running))
        earlier = self._read(self._open(contract, month="2026-05-01"))
        self.assertIn("Nothing was reported in these days", self._text(earlier))
        self.assertFalse(earlier.xpath("//section[@data-metric]"))

    def test_nonsense_and_days_outside_show_the_nearest_month(self):
        self._log_in()
        for month, chosen in (
            ("nonsense", "2026-06-10"),
            ("2031-01-01", "2026-06-10"),
            ("1999-01-01", "2026-01-10"),
            ("", "2026-06-10"),
            ("2026-13-99", "2026-06-10"),
        ):
            with self.subTest(month):
                page = self._read(self._open(self.own, month=month))
                self.assertEqual(page.xpath("//option[@selected]/@value"), [chosen])

    def test_contract_of_another_customer_is_refused(self):
        self._log_in()
        token = self.own._portal_ensure_token()
        for name, arguments in (
            ("page", {}),
            ("month", {"month": "2026-05-10"}),
            ("wrong token", {"access_token": "wrong"}),
            ("token of another contract", {"access_token": token}),
        ):
            with self.subTest(name):
                self._assert_sent_home(self._open(self.other_contract, **arguments))
        self._assert_sent_home(self._open(self.own.browse(10**8)))

    def test_visitor_needs_the_token_and_keeps_it(self):
        self._assert_sent_home(self._open(self.own))
        token = self.own._portal_ensure_token()
        page = self._read(self._open(self.own, access_token=token))
        self.assertIn("85 unit", self._text(self._get_metric(page)))
        self.assertEqual(page.xpath("//form//input[@name='access_token']/@value"), [token])
        (back,) = page.xpath("//a[contains(., 'Back to the contract')]/@href")
        self.assertEqual(back, f"/my/contracts/{self.own.id}?access_token={token}")

    def test_token_does_not_open_a_draft(self):
        draft = self._make_contract(self.customer, activate=False)
        self._assert_sent_home(self._open(draft, access_token=draft._portal_ensure_token()))

    def test_contract_page_leads_to_the_use(self):
        self._log_in()
        page = self._read(self.url_open(f"/my/contracts/{self.own.id}"))
        self.assertEqual(page.xpath("//a[contains(., 'See the use')]/@href"), [f"/my/contracts/{self.own.id}/usage"])

    def test_reading_gives_the_contract_no_token(self):
        self.own.access_token = False
        self._log_in()
        self._read(self._open(self.own))
        self.own.invalidate_recordset(["access_token"])
        self.assertFalse(self.own.access_token)

    def test_page_is_written_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self._ingest(self._event("big", 1234.5, "2026-06-13T12:00:00Z", contract=self.own.id))
        self.user.lang = "de_DE"
        self._log_in()
        page = self._read(self.url_open(f"/my/contracts/{self.own.id}/usage"))
        text = self._text(self._get_metric(page))
        self.assertIn("1.319,5 unit", text)
        self.assertIn("13.06.2026", text)
