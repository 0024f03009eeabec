from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .collection_common import KorCollectionCommon

DAYS = {"reminder": "2026-02-04", "demand": "2026-02-11", "limited": "2026-02-21", "suspended": "2026-03-03"}


@tagged("post_install", "-at_install")
class TestDunning(KorCollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env,
            "kor_manager",
            "kor_contracts.group_kor_contract_user",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.company.kor_finance_user_id = cls.biller
        cls.steps = {name: cls.env.ref(f"kor_billing.dunning_step_{name}") for name in DAYS}

    def _dun(self, *names):
        for name in names:
            self._run_on(DAYS[name], "dun")

    def _names(self, move):
        return move.kor_dunning_event_ids.sorted("day").step_id.mapped("name")

    def _mails(self, contract):
        return contract.message_ids.filtered(lambda one: one.message_type == "auto_comment").sorted("id")

    def _suspend(self, **values):
        move = self._make_due(contract=self._make_contract(account_manager_id=self.manager.id, **values))
        self._dun(*DAYS)
        return move

    def test_steps_that_have_come_are_applied_by_call_to_these_invoices_alone(self):
        move, other = self._make_due(), self._make_due()
        self.env["kor.dunning.threshold"].create({"company_id": self.company.id, "amount": 200})
        with freeze_time("2026-02-03 12:00:00"):
            self.assertEqual(move.with_user(self.biller).apply_dunning(), [])
        with freeze_time("2026-02-04 12:00:00"):
            # Together they reach the threshold.
            events = self.Event.browse(move.with_user(self.biller).apply_dunning())
            self.assertEqual((events.step_id, events.move_id), (self.steps["reminder"], move))
            self.assertEqual(move.with_user(self.biller).apply_dunning(), [])
            self.assertFalse(other.kor_dunning_event_ids)
            with self.assertRaises(AccessError):
                move.with_user(self.manager).apply_dunning()

    def test_each_step_comes_on_its_day_and_once(self):
        contract = self._make_contract(account_manager_id=self.manager.id)
        move = self._make_due(contract=contract)
        seen = []
        for day in ("2026-02-03", *DAYS.values(), "2026-06-01"):
            for _run in range(2):
                self._run_on(day, "dun")
            seen.append((len(self._names(move)), contract.service_state))
        self.assertEqual(
            seen, [(0, "full"), (1, "full"), (2, "full"), (3, "limited"), (4, "suspended"), (4, "suspended")]
        )
        self.assertEqual(len(self._mails(contract)), 4)
        activities = contract.activity_ids.sorted("id")
        self.assertEqual(activities.mapped("summary"), ["Demand", "Limited service", "Suspended service"])
        self.assertEqual(activities.user_id, self.manager | self.biller)
        self.assertTrue(all(move.kor_dunning_event_ids.mapped("is_mailed")))

    def test_late_start_leaves_the_days_between_the_steps(self):
        move = self._make_due()
        for day in ("2026-05-01", "2026-05-07", "2026-05-08"):
            self._run_on(day, "dun")
        self.assertEqual(
            [str(day) for day in sorted(move.kor_dunning_event_ids.mapped("day"))], ["2026-05-01", "2026-05-08"]
        )

    def test_other_systems_read_the_service_and_its_reason(self):
        contract = self._make_contract()
        self.assertEqual(contract.entitlements()["service"], "full")
        move = self._make_due(contract=contract)
        self._dun("reminder", "demand", "limited")
        found = contract.with_user(self.manager).entitlements()
        self.assertEqual(found["service"], "limited")
        for part in ("limited", move.name, "115.00", "02/01/2026"):
            self.assertIn(part, found["reason"])
        self._dun("suspended")
        self.assertEqual(contract.entitlements()["service"], "suspended")
        self.assertIn("suspended", contract.entitlements()["reason"])

    def test_service_is_full_at_once_when_the_invoice_is_settled(self):
        cases = [
            ("payment", self._register_payment),
            ("credit note", lambda move: move._reverse_moves([{"invoice_date": "2026-03-05"}], cancel=True)),
            ("cancelled", lambda move: move.button_cancel()),
            ("reset to draft", lambda move: move.button_draft()),
            ("disputed", lambda move: move.write({"kor_is_disputed": True, "kor_dispute_note": "Not ordered"})),
        ]
        for name, settle in cases:
            with self.subTest(name):
                move = self._suspend()
                contract = move.kor_contract_id
                self.assertEqual(contract.service_state, "suspended")
                settle(move)
                self.assertEqual((contract.service_state, contract.entitlements()["service"]), ("full", "full"))

    def test_charge_that_succeeds_lifts_the_suspension(self):
        move = self._suspend()
        with freeze_time("2026-03-04"):
            self._save_token()
            self._run_cron()
        self.assertEqual((move.amount_residual, move.kor_contract_id.service_state), (0, "full"))

    def test_service_is_that_of_the_worst_invoice(self):
        first = self._suspend()
        contract = first.kor_contract_id
        with freeze_time("2026-03-01"):
            second = self._bill(contract, "2026-02-01", "2026-02-28")
        for day in ("2026-03-04", "2026-03-11", "2026-03-21"):
            self._run_on(day, "dun")
        self.assertEqual((second.kor_service_effect, contract.service_state), ("limited", "suspended"))
        self._register_payment(first)
        self.assertEqual(contract.service_state, "limited")
        self._register_payment(second)
        self.assertEqual(contract.service_state, "full")

    def test_part_payment_lifts_nothing(self):
        move = self._suspend()
        self._register_payment(move, amount=15)
        self.assertEqual(move.kor_contract_id.service_state, "suspended")

    def test_mail_lists_what_is_open_with_amounts_and_links_once_for_all_invoices(self):
        contract = self._make_contract({}, {"name": "Support", "unit_price": 40})
        first = self._make_due(contract=contract)
        with freeze_time("2026-02-01"):
            second = self._bill(contract, "2026-02-01", "2026-02-28")
        self._dun("reminder")
        mail = self._mails(contract)
        self.assertEqual(len(mail), 1)
        self.assertIn(contract.name, mail.subject)
        self.assertEqual(mail.partner_ids, self.customer)
        for move in first | second:
            for part in (move.name, f"/my/invoices/{move.id}?access_token=", "161.00", "portal_pay"):
                with self.subTest(part):
                    self.assertIn(part, mail.body)

    def test_mail_says_why_the_charge_failed_and_when_the_next_one_comes(self):
        self._save_token("error")
        move = self._make_due()
        self._run_on("2026-02-02")
        self._dun("reminder")
        for part in ("on 02/02/2026 did not succeed", "will be charged on 02/05/2026"):
            with self.subTest(part):
                self.assertIn(part, self._mails(move.kor_contract_id)[-1].body)

    def test_mail_is_in_the_customer_s_language(self):
        self.env["res.lang"]._activate_lang("es_ES")
        self.customer.lang = "es_ES"
        template = self.env.ref("kor_billing.mail_template_dunning_reminder")
        template.with_context(lang="es_ES").subject = "Recordatorio {{ object.contract_id.name }}"
        move = self._make_due()
        self._dun("reminder")
        self.assertEqual(self._mails(move.kor_contract_id).subject, f"Recordatorio {move.kor_contract_id.name}")

    def test_customer_without_an_address_comes_to_the_step_without_a_mail(self):
        self.customer.email = False
        move = self._make_due()
        self._dun("reminder")
        self.assertRecordValues(
            move.kor_dunning_event_ids, [{"step_id": self.steps["reminder"].id, "is_mailed": False}]
        )
        self.assertFalse(self._mails(move.kor_contract_id))

    def test_below_the_threshold_of_its_currency_nothing_starts(self):
        values = {"company_id": self.company.id, "currency_id": self.currency.id, "amount": 200}
        threshold = self.env["kor.dunning.threshold"].create(values)
        other = self.setup_other_currency("EUR")
        move = self._make_due()
        in_euros = self._make_due(contract=self._make_contract(currency_id=other.id))
        elsewhere = self._make_due(contract=self._make_contract(partner_id=self.other_customer.id))
        self._dun("reminder")
        self.assertFalse((move | elsewhere).kor_dunning_event_ids)
        self.assertEqual(len(in_euros.kor_dunning_event_ids), 1)
        # What counts is all that is overdue of the customer.
        second = self._make_due()
        self._dun("reminder")
        self.assertEqual((len((move | second).kor_dunning_event_ids), len(elsewhere.kor_dunning_event_ids)), (2, 0))
        threshold.amount = 115
        self._dun("reminder")
        self.assertEqual(len(elsewhere.kor_dunning_event_ids), 1)

    def test_who_is_not_dunned(self):
        self._save_token("pending", partner=self.other_customer)
        charged = self._make_due(contract=self._make_contract(partner_id=self.other_customer.id))
        self._run_on("2026-02-01")
        cases = {
            "disputed": self._make_due(),
            "paid": self._make_due(),
            "cancelled": self._make_due(),
            "not due": self._make_due("2026-05-01"),
            "being charged": charged,
            "without a contract": self._create_invoice_one_line(
                price_unit=50, partner_id=self.customer, invoice_date="2026-01-01", post=True
            ),
        }
        cases["disputed"].write({"kor_is_disputed": True, "kor_dispute_note": "Price"})
        self._register_payment(cases["paid"])
        cases["cancelled"].button_cancel()
        self._dun("reminder", "demand")
        for name, move in cases.items():
            with self.subTest(name):
                self.assertFalse(move.kor_dunning_event_ids)

    def test_dispute_needs_its_reason(self):
        move = self._make_due()
        with self.assertRaisesRegex(ValidationError, "what the customer disputes"):
            move.kor_is_disputed = True

    def test_company_with_its_own_steps_uses_only_these(self):
        other = self._create_company(name="Second company")
        own = self.env["kor.dunning.step"].create({"name": "Own", "days": 1, "company_id": self.company.id})
        by_company = self.env["kor.dunning.step"]._get_by_company(self.company | other)
        self.assertEqual(by_company[self.company], own)
        self.assertEqual(by_company[other].ids, [self.steps[name].id for name in DAYS])
        move = self._make_due()
        self._run_on("2026-02-02", "dun")
        self._dun(*DAYS)
        self.assertEqual(self._names(move), ["Own"])

    def test_company_that_switched_dunning_off_is_left_alone(self):
        self.company.kor_dunning = False
        move = self._make_due()
        self._dun(*DAYS)
        self.assertFalse(move.kor_dunning_event_ids)

    def test_step_cannot_be_recorded_twice(self):
        move = self._make_due()
        self._dun("reminder")
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            move.kor_dunning_event_ids.sudo().copy()

    def test_failure_of_one_contract_does_not_stop_the_others(self):
        bad, good = self._make_due(), self._make_due()
        apply = type(self.Event)._apply

        def refuse(events, contract, step, moves):
            apply(events, contract, step, moves)
            if contract == bad.kor_contract_id:
                raise ZeroDivisionError("Broken")

        with (
            patch.object(type(self.Event), "_apply", refuse),
            mute_logger("odoo.addons.kor_billing.models.kor_dunning_event"),
        ):
            self._dun("reminder")
        self.assertFalse(bad.kor_dunning_event_ids)
        self.assertEqual(len(good.kor_dunning_event_ids), 1)
        self._dun("reminder")
        self.assertEqual(len(bad.kor_dunning_event_ids), 1)

    def test_other_company_and_customers_read_nothing(self):
        move = self._make_due()
        self._dun("reminder")
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            "kor_stranger",
            "kor_billing.group_kor_billing_user",
            company_id=elsewhere.id,
            company_ids=[Command.set(elsewhere.ids)],
        )
        visitor = new_test_user(self.env, "kor_visitor", "base.group_portal")
        self.assertTrue(move.kor_dunning_event_ids.with_user(self.manager).step_id.name)
        for user in (stranger, visitor):
            with self.subTest(user.login), self.assertRaises(AccessError):
                move.kor_dunning_event_ids.with_user(user).read(["day"])

    def test_plan_of_twenty_invoices_takes_no_more_queries_than_of_two(self):
        moves = self.env["account.move"]
        for _number in range(20):
            moves |= self._make_due()
        counts = []
        with freeze_time(DAYS["reminder"]):
            for batch in (moves[:2], moves):
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                self.assertEqual(len(self.Event._plan([("id", "in", batch.ids)])), len(batch))
                counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0], counts)
