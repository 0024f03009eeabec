from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import KorBillingCommon


@tagged("post_install", "-at_install")
class TestMeteredBilling(KorBillingCommon):
    """From the event to the line on the invoice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("kor_usage.group_kor_usage_reporter")
        cls.calls = cls.env.ref("kor_enterprise_tiers.metric_api_calls")

    def _make_metered(self, **values):
        tiers = [
            Command.create({"up_to": 1000, "unit_price": 0.02}),
            Command.create({"up_to": 0, "unit_price": 0.01}),
        ]
        line = {
            "name": "API calls",
            "charge_type": "usage",
            "metric_id": self.calls.id,
            "price_model": "graduated",
            "price_tier_ids": tiers,
            "unit_price": 0,
            "quantity": 0,
            **values,
        }
        return self._make_contract({"name": "Base"}, line)

    def _report(self, contract, *events):
        result = self.env["kor.usage.event"].ingest(
            [
                {
                    "id": key,
                    "contract": contract.id,
                    "metric": "api_calls",
                    "time": f"{day}T12:00:00Z",
                    "quantity": number,
                }
                for key, day, number in events
            ]
        )
        self.assertEqual((result["accepted"], result["rejected"]), (len(events), []))

    @freeze_time("2026-03-05")
    def test_events_stand_on_the_next_invoice_explained_tier_by_tier(self):
        contract = self._make_metered()
        self._report(contract, ("a", "2026-01-10", 900), ("b", "2026-01-20", 600), ("c", "2026-02-01", 5))
        preview = contract.preview_invoice("2026-01-31", "2026-01-31")
        move = self._bill(contract, "2026-01-31", "2026-01-31")
        # 1,000 at 0.02 and 500 at 0.01.
        self.assertEqual(move.amount_untaxed, 25)
        self.assertEqual([line["amount"] for line in preview], [25])
        steps = move.invoice_line_ids.kor_explanation["price"]["steps"]
        self.assertEqual([(step["quantity"], step["amount"]) for step in steps], [(1000, 20), (500, 5)])

    @freeze_time("2026-03-05")
    def test_late_event_becomes_a_line_that_names_its_period(self):
        contract = self._make_metered()
        self._report(contract, ("a", "2026-01-10", 100))
        first = self._bill(contract, "2026-01-01", "2026-01-31")
        self.assertEqual(self._amounts(first), [2, 100])
        self._report(contract, ("late", "2026-01-11", 50))
        self.assertTrue(contract.needs_correction)
        correction = self._bill(contract, "2026-01-01", "2026-01-31")
        self.assertEqual(self._amounts(correction), [1])
        self.assertIn("01/01/2026 to 01/31/2026: correction", correction.invoice_line_ids.name)
        explanation = correction.invoice_line_ids.kor_explanation
        self.assertEqual((explanation["amount"], explanation["booked_before"], explanation["difference"]), (3, 2, 1))
        self.assertIn("Billed before", correction.invoice_line_ids.kor_item_ids.explanation_html)
        self.assertFalse(contract.generate_invoice("2026-01-01", "2026-01-31"))

    @freeze_time("2026-03-05")
    def test_late_revision_of_a_reading_becomes_a_correction(self):
        contract = self._make_metered()
        reading = {"contract": contract.id, "metric": "api_calls", "hour": "2026-01-10T12:00:00Z"}
        readings = self.env["kor.usage.reading"]
        readings.ingest([{**reading, "quantity": 100, "revision": 0}])
        self.assertEqual(self._amounts(self._bill(contract, "2026-01-01", "2026-01-31")), [2, 100])
        for label, quantity, revision, is_late in (
            ("the same again", 100, 0, False),
            ("a higher revision of the same", 100, 1, False),
            ("another quantity", 150, 2, True),
        ):
            with self.subTest(label):
                readings.ingest([{**reading, "quantity": quantity, "revision": revision}])
                self.assertEqual(contract.needs_correction, is_late)
        self.assertEqual(self._amounts(self._bill(contract, "2026-01-01", "2026-01-31")), [1])

    @freeze_time("2026-02-05")
    def test_daily_job_looks_again_at_late_use(self):
        contract = self._make_metered()
        run = self.env["kor.billing.run"].create({"company_id": self.company.id, "contract_ids": contract.ids})
        run._start()
        run._work()
        self.assertEqual(self._amounts(contract.invoice_ids), [0, 100, 100])
        self.assertFalse(contract._is_due())
        self._report(contract, ("late", "2026-01-11", 50))
        self.assertTrue(contract._is_due())
        run = self.env["kor.billing.run"].create({"company_id": self.company.id, "contract_ids": contract.ids})
        run._start()
        run._work()
        self.assertEqual(sum(contract.billing_item_ids.mapped("amount")), 201)
        self.assertFalse(contract.needs_correction)

    @freeze_time("2026-03-05")
    def test_use_taken_back_waits_for_an_invoice_that_it_lowers(self):
        contract = self._make_metered()
        self._report(contract, ("a", "2026-01-10", 100), ("b", "2026-01-11", 50))
        self._bill(contract, "2026-01-01", "2026-01-31")
        result = self.env["kor.usage.event"].ingest(
            [{"id": "x", "contract": contract.id, "metric": "api_calls", "reverses": "b"}]
        )
        self.assertEqual(result["accepted"], 1)
        self.assertFalse(contract.generate_invoice("2026-01-01", "2026-01-31"))
        move = self._bill(contract, "2026-01-01", "2026-02-28")
        self.assertEqual(self._amounts(move), [-1, 0, 100])

    @freeze_time("2026-03-05")
    def test_reset_invoice_of_a_corrected_period_cannot_be_posted_beside_its_new_billing(self):
        contract = self._make_metered()
        self._report(contract, ("a", "2026-01-10", 100))
        first = self._bill(contract, "2026-01-31", "2026-01-31")
        self._report(contract, ("late", "2026-01-11", 50))
        self.assertEqual(self._bill(contract, "2026-01-31", "2026-01-31").amount_untaxed, 1)
        first.button_draft()
        self.assertTrue(contract._is_due())
        again = self._bill(contract, "2026-01-31", "2026-01-31")
        self.assertEqual(again.amount_untaxed, 2)
        with self.assertRaisesRegex(UserError, again.name):
            first.action_post()

    @freeze_time("2026-03-05")
    def test_zero_reported_and_nothing_reported_are_told_apart(self):
        contract = self._make_metered()
        self._report(contract, ("a", "2026-01-10", 0))
        lines = contract.preview_invoice("2026-01-31", "2026-02-28")
        use = [line for line in lines if line["name"].startswith("API calls")]
        self.assertEqual([line["amount"] for line in use], [0, 0])
        self.assertEqual([line["explanation"]["reported"] for line in use], [True, False])
