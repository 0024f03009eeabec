from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .common import KorRevenueCommon


@tagged("post_install", "-at_install")
class TestModification(KorRevenueCommon):
    """A year of 100 a month. From July on support is added, worth 60 a month: at 60 it stands alone, at 30 it does not.

    What is earned until then: 6 × 100 = 600.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.support = cls.env["product.product"].create(
            {"name": "Support", "type": "service", "kor_standalone_price": 60}
        )
        cls.accountant = new_test_user(
            cls.env,
            "kor_accountant",
            "base.group_user,kor_revenue.group_kor_revenue_user",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.contract = cls._make_contract(term="annual")
        cls.startClassPatcher(freeze_time("2026-07-01"))

    def _add_support(self, price=30.0, **values):
        change = {"kind": "add", "product": self.support.id, "name": "Support", "unit_price": price}
        return self._amend(self.contract, "2026-07-01", change, agree=False, **values)

    def _by_treatment(self, found):
        return {one["treatment"]: one for one in found["treatments"]}

    def test_below_the_standalone_price_three_treatments_stand_side_by_side(self):
        amendment = self._add_support()
        found = amendment.preview_revenue_treatments()
        self.assertEqual((found["price_before"], found["price_after"]), (1200, 1380))
        self.assertEqual((found["price_added"], found["standalone_added"]), (180, 360))
        self.assertEqual((found["at_standalone"], found["proposed"]), (False, "prospective"))
        by_treatment = self._by_treatment(found)
        figures = {
            # 600 + 180 over 600 + 360 of value: 160 a month × 780 / 960.
            "prospective": (600, 0, 130, 780),
            # 1,380 / 1,560 of 600 is 530.77; then 160 a month × 1,380 / 1,560.
            "catch_up": (600, -69.23, 141.54, 849.23),
            # 100 as before, and 30.
            "separate": (600, 0, 130, 780),
        }
        for treatment, (earned, caught, july, remaining) in figures.items():
            with self.subTest(treatment):
                one = by_treatment[treatment]
                self.assertTrue(one["possible"])
                self.assertEqual((one["earned"], one["catch_up"]), (earned, caught))
                self.assertEqual(one["months"][0], {"month": "2026-07-01", "amount": july})
                self.assertEqual((one["remaining"], one["total"]), (remaining, 1380))
                self.assertEqual(round(sum(month["amount"] for month in one["months"]), 2), remaining)

    def test_a_preview_writes_nothing(self):
        amendment = self._add_support()
        before = self.contract.revenue_version_ids
        amendment.preview_revenue_treatments()
        self.assertEqual((self.contract.revenue_version_ids, amendment.state), (before, "draft"))
        self.assertFalse(amendment.revenue_treatment)
        self.assertEqual(len(self.contract.line_ids), 1)

    def test_at_the_standalone_price_within_the_tolerance_it_stands_alone(self):
        # 15 % below 60 is 51.
        for price, proposed in ((51, "separate"), (50.9, "prospective")):
            with self.subTest(price):
                self.assertEqual(self._add_support(price).preview_revenue_treatments()["proposed"], proposed)

    def test_what_is_not_distinct_is_caught_up(self):
        amendment = self._add_support(60.0)
        amendment.choose_revenue_treatment(distinct="no")
        self.assertEqual(amendment.preview_revenue_treatments()["proposed"], "catch_up")
        amendment.action_agree("Ada", "note")
        self.assertEqual(amendment.revenue_treatment, "catch_up")

    def test_the_proposed_treatment_is_frozen_with_its_version(self):
        amendment = self._add_support()
        amendment.action_agree("Ada", "note")
        version = amendment.revenue_version_ids
        self.assertRecordValues(
            version, [{"treatment": "prospective", "price": 1380, "change": 180, "contract_id": self.contract.id}]
        )
        self.assertEqual((amendment.revenue_treatment, str(version.date_effective)), ("prospective", "2026-07-01"))
        with self.assertRaisesRegex(UserError, "is settled"), self.env.cr.savepoint():
            amendment.choose_revenue_treatment("catch_up")

    def test_the_chosen_treatment_reaches_the_ledger(self):
        amendment = self._add_support()
        amendment.with_user(self.accountant).choose_revenue_treatment("catch_up")
        amendment.action_agree("Ada", "note")
        self.contract.recognize_revenue("2026-06-30")
        self.assertEqual(self._balance(self.income), 600)
        self.contract.recognize_revenue("2026-07-31")
        # 600 − 69.23 + 141.54
        self.assertEqual(self._balance(self.income), 672.31)
        self.contract.recognize_revenue("2026-12-31")
        self.assertEqual(self._balance(self.income), 1380)

    def test_what_takes_away_is_not_possible_as_a_separate_contract(self):
        [line] = self.contract.line_ids
        amendment = self._amend(
            self.contract, "2026-07-01", {"kind": "price", "line": line.id, "unit_price": 80.0}, agree=False
        )
        found = self._by_treatment(amendment.preview_revenue_treatments())
        self.assertFalse(found["separate"]["possible"])
        self.assertRegex(found["separate"]["refusal"], "cannot stand alone")
        # 600 + 480, either way: the rest at 80 a month, or 1,080 / 1,200 of 600 and then 90 a month.
        self.assertEqual((found["prospective"]["catch_up"], found["prospective"]["months"][0]["amount"]), (0, 80))
        self.assertEqual((found["catch_up"]["catch_up"], found["catch_up"]["months"][0]["amount"]), (-60, 90))
        with self.assertRaisesRegex(UserError, "cannot stand alone"), self.env.cr.savepoint():
            amendment.choose_revenue_treatment("separate")

    def test_ending_early_is_one_modification_of_its_amendment(self):
        amendment = self._amend(self.contract, "2026-07-01", {"kind": "cancel"})
        self.assertRecordValues(amendment.revenue_version_ids, [{"price": 600, "treatment": "prospective"}])
        self.assertEqual(len(self.contract.revenue_version_ids), 2)

    def test_terms_that_bind_nobody_for_longer_say_so(self):
        contract = self._make_contract()
        change = {"kind": "add", "product": self.support.id, "name": "Support", "unit_price": 60.0}
        found = self._amend(contract, "2026-07-01", change, agree=False).preview_revenue_treatments()
        self.assertEqual(found["treatments"], [])
        self.assertRegex(found["reason"], "stay as they are")

    def test_the_screen_shows_the_treatments_to_readers_of_revenue_only(self):
        amendment = self._add_support()
        self.assertIn("Caught up on the day", amendment.preview_html)
        self.assertNotIn("Caught up on the day", amendment._get_preview_html(for_customer=True)[0])
        seller = new_test_user(
            self.env,
            "kor_seller",
            "base.group_user,kor_contracts.group_kor_contract_officer",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.assertNotIn("Caught up on the day", amendment.with_user(seller).preview_html)
        with self.assertRaises(AccessError):
            amendment.with_user(seller).preview_revenue_treatments()
        with self.assertRaises(AccessError):
            amendment.with_user(seller).choose_revenue_treatment("catch_up")

    def test_the_answers_are_written_by_the_choice_only(self):
        amendment = self._add_support()
        for values in ({"revenue_treatment": "catch_up"}, {"revenue_distinct": "no"}, {"revenue_standalone": "yes"}):
            with (
                self.subTest(values),
                self.assertRaisesRegex(UserError, "choose_revenue_treatment"),
                self.env.cr.savepoint(),
            ):
                amendment.write(values)
        for arguments in (("later",), ("", "perhaps"), ("", "", "perhaps")):
            with self.subTest(arguments), self.assertRaisesRegex(UserError, "is one of"), self.env.cr.savepoint():
                amendment.choose_revenue_treatment(*arguments)

    def _open_dialog(self, amendment):
        return amendment.env["kor.amendment.treatment"].browse(amendment.action_open_revenue_treatment()["res_id"])

    def test_the_dialog_shows_what_follows_from_the_answers(self):
        dialog = self._open_dialog(self._add_support().with_user(self.accountant))
        self.assertEqual((dialog.distinct, dialog.standalone, dialog.problem), ("yes", False, ""))
        cases = [
            ({}, "Prospective"),
            ({"standalone": "yes"}, "Separate contract"),
            ({"distinct": "no"}, "Cumulative catch-up"),
            ({"treatment": "separate"}, "Separate contract"),
        ]
        with Form(dialog) as form:
            for values, applied in cases:
                with self.subTest(values):
                    for name, value in values.items():
                        form[name] = value
                    [head] = [one for one in str(form.html).split("<th ") if "Will be applied" in one]
                    self.assertIn(applied, head)
        # What was answered first is still there.
        self.assertRecordValues(dialog, [{"distinct": "no", "standalone": "yes", "treatment": "separate"}])

    def test_the_dialog_chooses(self):
        amendment = self._add_support()
        dialog = self._open_dialog(amendment.with_user(self.accountant))
        dialog.write({"distinct": "no", "standalone": "yes", "treatment": "prospective"})
        dialog.action_choose()
        self.assertRecordValues(
            amendment,
            [{"revenue_distinct": "no", "revenue_standalone": "yes", "revenue_treatment": "prospective"}],
        )
