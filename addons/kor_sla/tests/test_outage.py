from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import TransactionCase, freeze_time, new_test_user, tagged

from .uptime_common import UptimeCase, at


@tagged("post_install", "-at_install")
@freeze_time("2026-03-01 12:00:00")
class TestOutage(UptimeCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._set_up_uptime()
        cls.agent = cls._make_agent()
        cls.AsAgent = cls.Outage.with_user(cls.agent)

    def test_impossible_outages_are_refused_with_a_sentence(self):
        begun = "2026-03-01 10:00:00"
        for label, start, values, part in (
            ("ends before it starts", begun, {"end": "2026-03-01 09:00:00"}, "later than its start"),
            ("weight", begun, {"state": "degraded", "weight": 1.5}, "from 0 to 1"),
            ("excluded without a reason", begun, {"is_excluded": True}, "Say why"),
            ("blank reason", begun, {"is_excluded": True, "exclusion_reason": " "}, "Say why"),
            ("announced, but no maintenance", begun, {"date_announced": begun}, "Only maintenance"),
            ("to come", "2026-03-02 10:00:00", {}, "Only maintenance can be planned"),
            (
                "told in the future",
                begun,
                {"state": "maintenance", "date_announced": "2026-03-02 09:00:00"},
                "lies in the future",
            ),
        ):
            with self.subTest(label), self.assertRaisesRegex(ValidationError, part):
                self._outage(start, **values)

    def test_service_for_all_names_nothing_else(self):
        with self.assertRaises(ValidationError):
            self.service.for_all = True

    def test_service_carries_all_tiers_or_named_contracts(self):
        third = self._make_contract(self.other_customer)
        for label, values, expected in (
            ("named", {}, self.contract),
            ("of a tier", {"contract_ids": [], "tier_ids": self.tier.ids}, self.contract | self.other_contract | third),
            ("all", {"contract_ids": [], "for_all": True}, self.contract | self.other_contract | third),
            ("none", {"contract_ids": []}, self.contract.browse()),
        ):
            values = {name: [Command.set(getattr(value, "ids", value))] if name != "for_all" else value
                      for name, value in values.items()}  # fmt: skip
            with self.subTest(label):
                service = self._make_service(label.replace(" ", "_"), self.contract, **values)
                mine = self.contract | self.other_contract | third
                self.assertEqual(mine.filtered(service._carries), expected)

    def test_service_of_another_company_carries_nothing(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        service = self._make_service("elsewhere", self.contract.browse(), for_all=True, company_id=company.id)
        self.assertFalse(service._carries(self.contract))

    def test_state_of_a_service_is_the_worst_that_runs(self):
        for start, end, state, expected in (
            ("2026-03-01 10:00:00", "2026-03-01 11:00:00", "down", "up"),
            ("2026-03-01 11:30:00", False, "maintenance", "maintenance"),
            ("2026-03-01 11:40:00", "2026-03-01 12:30:00", "maintenance", "maintenance"),
            ("2026-03-01 11:50:00", False, "degraded", "degraded"),
            ("2026-03-01 11:55:00", False, "down", "down"),
        ):
            self._outage(start, end, state)
            self.service.invalidate_recordset()
            self.assertEqual(self.service.state, expected)
        self.assertEqual(self.service.date_state, at("2026-03-01 11:55"))
        self.assertIn(self.service, self.service.search([("state", "in", ["down"])]))
        self.assertNotIn(self.service, self.service.search([("state", "=", "up")]))

    def test_get_status_is_plain(self):
        outage = self._outage("2026-03-01 11:00:00")
        status = (self.service | self.other_service).with_user(self.agent).get_status()
        self.assertEqual(
            status,
            [
                {
                    "service": "test_api",
                    "name": "Api",
                    "state": "down",
                    "since": "2026-03-01 11:00:00",
                    "outages": outage.ids,
                },
                {"service": "test_portal", "name": "Portal", "state": "up", "since": "", "outages": []},
            ],
        )

    def test_close_ends_what_runs_only(self):
        outage = self._outage("2026-03-01 11:00:00").with_user(self.agent)
        self.assertEqual(outage.phase, "running")
        outage.action_close()
        self.assertEqual((outage.date_end, outage.phase), (at("2026-03-01 12:00"), "over"))
        self.agent.tz = "Asia/Tokyo"
        with self.assertRaisesRegex(UserError, "is over since 03/01/2026 09:00:00 PM"):
            outage.action_close()
        planned = self._outage("2026-03-02 11:00:00", "2026-03-02 12:00:00", "maintenance")
        with self.assertRaisesRegex(UserError, "has not begun"):
            planned.action_close()
        for phase, expected in (("over", outage), ("planned", planned)):
            domain = [("phase", "=", phase), ("service_id", "=", self.service.id)]
            self.assertEqual(self.Outage.search(domain), expected)

    def test_exclusion_needs_its_reason(self):
        outage = self._outage("2026-03-01 10:00:00", "2026-03-01 11:00:00").with_user(self.agent)
        for reason in ("", "  ", None, 5):
            with self.subTest(reason), self.assertRaisesRegex(UserError, "Say why"):
                outage.action_exclude(reason)
        outage.action_exclude("The customer's own firewall")
        self.assertTrue(outage.is_excluded)
        wizard = self.env["kor.sla.outage.exclude"].with_user(self.agent).with_context(active_id=outage.id)
        outage.action_include()
        wizard.create({"reason": "Theirs"}).action_apply()
        self.assertEqual((outage.is_excluded, outage.exclusion_reason), (True, "Theirs"))

    def test_announcement_mails_each_customer_concerned_once(self):
        self._make_contract(self.customer, name="Second")
        self.service.write({"contract_ids": [Command.clear()], "tier_ids": self.tier.ids})
        outage = self._outage("2026-03-08 22:00:00", "2026-03-08 23:00:00", "maintenance", cause="Short breaks")
        outage.with_user(self.agent).action_announce()
        self.assertEqual(outage.date_announced, at("2026-03-01 12:00"))
        mails = self.env["mail.mail"].sudo().search([("model", "=", "kor.sla.outage"), ("res_id", "=", outage.id)])
        self.assertEqual(mails.recipient_ids, self.customer | self.other_customer)
        self.assertEqual(len(mails), 2)
        self.assertIn("Short breaks", mails[0].body_html)
        with self.assertRaisesRegex(UserError, "was announced"):
            outage.action_announce()

    def test_announcement_reaches_only_the_contracts_that_are_named(self):
        self.service.write({"contract_ids": [Command.clear()], "for_all": True})
        outage = self._outage(
            "2026-03-08 22:00:00",
            "2026-03-08 23:00:00",
            "maintenance",
            contract_ids=[Command.set(self.other_contract.ids)],
        )
        outage.action_announce()
        mails = self.env["mail.mail"].sudo().search([("model", "=", "kor.sla.outage"), ("res_id", "=", outage.id)])
        self.assertEqual(mails.recipient_ids, self.other_customer)

    def test_only_maintenance_with_an_end_that_is_not_over_is_announced(self):
        for outage, part in (
            (self._outage("2026-03-01 10:00:00"), "Only maintenance"),
            (self._outage("2026-03-08 10:00:00", False, "maintenance"), "until when"),
            (self._outage("2026-03-01 10:00:00", "2026-03-01 11:00:00", "maintenance"), "is over"),
        ):
            with self.subTest(part), self.assertRaisesRegex(UserError, part):
                outage.action_announce()

    def test_report_is_idempotent_by_its_key(self):
        values = {"service": "test_api", "key": "inc-1", "state": "down", "start": "2026-03-01T10:00:00Z"}
        id_ = self.AsAgent.report(values)
        self.assertIsInstance(id_, int)
        self.assertEqual(self.AsAgent.report(values), id_)
        self.assertEqual(self.AsAgent.report({**values, "end": "2026-03-01T12:30:00+02:00"}), id_)
        outage = self.Outage.browse(id_)
        self.assertEqual((outage.date_start, outage.date_end), (at("2026-03-01 10:00"), at("2026-03-01 10:30")))
        self.assertEqual(outage.name, "Api is not available")
        self.assertEqual(self.AsAgent.report({**values, "service": "test_portal"}), id_ + 1)

    def test_report_says_what_is_wrong(self):
        good = {"service": "test_api", "key": "inc-1", "state": "down", "start": "2026-03-01T10:00:00Z"}
        for label, values, part in (
            ("no object", 5, "is an object"),
            ("no key", {"key": ""}, "key is missing"),
            ("unknown service", {"service": "nowhere"}, "There are: .*test_api"),
            ("state", {"state": "gone"}, "one of down, degraded"),
            ("time", {"start": "yesterday"}, "send it as"),
            ("end", {"end": "2026-03-01T09:00:00Z"}, "ends before it starts"),
            ("weight", {"weight": 7}, "from 0 to 1"),
            ("taken back", {"state": "none"}, "exclude it"),
            ("to come", {"start": "2026-03-09T09:00:00Z"}, "Only maintenance can be planned"),
        ):
            values = {**good, **values} if isinstance(values, dict) else values
            with self.subTest(label), self.assertRaisesRegex(UserError, part):
                self.AsAgent.report(values)

    def test_customers_and_other_staff_note_no_outage(self):
        outage = self._outage("2026-03-01 11:00:00")
        values = {"service": "test_api", "key": "x", "state": "down", "start": "2026-03-01T10:00:00Z"}
        portal = self._make_portal_user(self.customer, "outage_customer")
        reader = new_test_user(self.env, "outage_reader", groups="kor_contracts.group_kor_contract_user")
        for user in (portal, reader):
            with self.subTest(user.login):
                for call in (
                    lambda user=user: self.Outage.with_user(user).report(values),
                    lambda user=user: outage.with_user(user).action_close(),
                    lambda user=user: outage.with_user(user).action_exclude("mine"),
                    lambda user=user: outage.with_user(user).action_include(),
                    lambda user=user: outage.with_user(user).action_announce(),
                    lambda user=user: outage.with_user(user).write({"weight": 0}),
                    lambda user=user: self.Outage.with_user(user).create({"name": "x", "service_id": self.service.id}),
                ):
                    with self.assertRaises(AccessError):
                        call()
        for call in (
            lambda: self.service.with_user(portal).get_status(),
            lambda: outage.with_user(portal).read(["name"]),
            lambda: self.Outage.with_user(portal).search([]),
            lambda: self.env["kor.sla.signal"].with_user(portal).search([]),
            lambda: self.env["kor.sla.monitor"].with_user(portal).search([]),
            lambda: self.env["kor.sla.budget"].with_user(portal).search([]),
        ):
            with self.assertRaises(AccessError):
                call()

    def test_outage_of_another_company_names_no_contract_of_this_one(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        service = self._make_service("elsewhere", self.contract.browse(), company_id=company.id)
        with self.assertRaisesRegex(ValidationError, "of another company"):
            self._outage("2026-03-01 11:00:00", service_id=service.id, contract_ids=[Command.set(self.contract.ids)])
