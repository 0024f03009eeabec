from lxml import html

from odoo.fields import Command
from odoo.tests import HttpCase, freeze_time, tagged

from .uptime_common import UptimeCase


@tagged("post_install", "-at_install")
class TestStatusPortal(UptimeCase, HttpCase):
    """22 June 2026, noon: three weeks of the month are over."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        frozen = freeze_time("2026-06-22 12:00:00")
        frozen.start()
        cls.addClassCleanup(frozen.stop)
        cls._set_up_uptime()
        cls.service.description = "REST and webhooks"
        cls._make_portal_user(cls.customer, "status_portal")

    def _get_page(self, query=""):
        self.env.flush_all()
        self.authenticate("status_portal", "status_portal-status_portal")
        response = self.url_open(f"/my/status{query}")
        self.assertEqual(response.status_code, 200)
        return html.fromstring(response.text)

    def _text(self, page):
        return " ".join(page.xpath("//div[contains(@class, 'kor_status ')]//text()"))

    def _read(self, query=""):
        return " ".join(self._text(self._get_page(query)).split())

    def test_page_tells_how_services_are(self):
        self.assertIn("All services work.", self._read())
        outage = self._outage("2026-06-22 11:00:00", name="The API does not answer", note="Our intern did it")
        text = self._read()
        for part in ("Api: we know of a problem", "REST and webhooks", "Down", "The API does not answer", "11:00"):
            self.assertIn(part, text)
        self.assertNotIn("intern", text)
        outage.date_end = "2026-06-22 11:30:00"
        outage.cause = "A disk was full"
        text = self._read()
        for part in ("All services work.", "A disk was full", "30 min of downtime", "Down: counts in full."):
            self.assertIn(part, text)

    def test_days_have_their_colour_and_words(self):
        # 90 s of 86,400 are 0.1042 %: below 99.9. 60 s are 0.0694 %: down, but above it.
        self._outage("2026-06-10 10:00:00", "2026-06-10 10:01:30")
        self._outage("2026-06-11 10:00:00", "2026-06-11 10:01:00")
        self._outage("2026-06-12 10:00:00", "2026-06-12 10:10:00", "unknown")
        days = {day.get("data-day"): day for day in self._get_page().xpath("//div[@data-day]")}
        self.assertEqual(len(days), 90)
        for day, colour, words in (
            ("2026-06-09", "bg-success", "100 % available"),
            ("2026-06-10", "bg-danger", "99.896 % available, 90 s down"),
            ("2026-06-11", "bg-warning", "99.931 % available, 60 s down"),
            ("2026-06-12", "bg-success", "100 % available"),
            ("2026-06-22", "bg-success", "100 % available"),
        ):
            with self.subTest(day):
                self.assertIn(colour, days[day].get("class"))
                self.assertIn(words, days[day].get("title"))

    def test_days_allow_maintenance_as_the_month_does(self):
        contract = self._make_contract(self.customer, terms={"maintenance_minutes": 30})
        self.service = self._make_service("upkeep", contract)
        for day in ("05", "06"):
            self._outage(f"2026-06-{day} 10:00:00", f"2026-06-{day} 10:20:00", "maintenance")
        page = self._get_page(f"?contract={contract.id}")
        days = {day.get("data-day"): day.get("title") for day in page.xpath("//div[@data-day]")}
        self.assertIn("100 % available, 20 min of maintenance", days["2026-06-05"])
        self.assertIn("10 min down, 10 min of maintenance", days["2026-06-06"])

    def test_month_shows_target_and_what_is_left(self):
        # 10.8 of the 43.2 minutes that 99.9 % allow in June.
        self._outage("2026-06-10 10:00:00", "2026-06-10 10:10:48")
        text = self._read()
        for part in ("99.9 %", "75 % left", "11 min used of 43 min"):
            self.assertIn(part, text)
        self._outage("2026-06-11 10:00:00", "2026-06-11 11:00:00")
        self.assertIn("The target of this month is missed by 28 min.", self._read())

    def test_planned_maintenance_shows_once_it_is_announced(self):
        outage = self._outage("2026-06-28 22:00:00", "2026-06-28 23:00:00", "maintenance", name="New load balancer")
        self.assertNotIn("New load balancer", self._read())
        outage.action_announce()
        text = self._read()
        self.assertIn("Planned maintenance New load balancer", text)
        self.assertIn("28 Jun 2026, 22:00 – 28 Jun 2026, 23:00", text)

    def test_nothing_of_other_customers_is_shown(self):
        self._outage("2026-06-22 11:00:00", service_id=self.other_service.id, name="Secret trouble")
        shared = self._make_service("shared", self.contract | self.other_contract)
        self._outage(
            "2026-06-22 11:00:00",
            service_id=shared.id,
            name="Only theirs",
            contract_ids=[Command.set(self.other_contract.ids)],
        )
        for query in ("", f"?contract={self.other_contract.id}", "?contract=0", "?contract=x"):
            with self.subTest(query):
                text = self._read(query)
                self.assertIn("All services work.", text)
                self.assertIn(self.contract.name, text)
                for secret in ("Secret trouble", "Only theirs", self.other_contract.name):
                    self.assertNotIn(secret, text)

    def test_excluded_incident_says_why(self):
        self._outage("2026-06-10 10:00:00", "2026-06-10 11:00:00").action_exclude("Your own firewall")
        text = self._read()
        self.assertIn("Left out: Your own firewall", text)
        self.assertIn("100 %", text)

    def test_customer_chooses_a_contract(self):
        second = self._make_contract(self.customer)
        self.assertIn("None of the services of this contract is watched", self._read(f"?contract={second.id}"))

    def test_visitors_log_in_and_people_without_contracts_are_told(self):
        self.assertIn("/web/login", self.url_open("/my/status").url)
        stranger = self._make_customer("Stranger")
        self._make_portal_user(stranger, "status_stranger")
        self.authenticate("status_stranger", "status_stranger-status_stranger")
        self.assertIn("You have no contract yet", self.url_open("/my/status").text)

    def test_home_page_has_a_card(self):
        self.authenticate("status_portal", "status_portal-status_portal")
        self.assertIn("/my/status", self.url_open("/my").text)
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["kor_status_count"]})
        self.assertEqual(counters["kor_status_count"], 1)
