from base64 import b64encode
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from .common import ContractCase

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@tagged("post_install", "-at_install")
@freeze_time("2026-01-20")
class TestAmendmentScreens(ContractCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.email = "harbour@customer.example"
        cls.officer = cls._create_user("screens_officer", "officer")
        cls.reader = cls._create_user("screens_reader", "user")
        cls.contract = cls._create_contract(
            {"name": "Base fee"},
            {"name": "Seats", "charge_type": "per_unit", "metric_id": cls.seats.id, "quantity": 10, "unit_price": 31},
            activate=True,
            account_manager_id=cls.officer.id,
        )
        cls.seat_line = cls.contract.line_ids.filtered(lambda line: line.name == "Seats")

    def _draft(self, day="2026-01-11", quantity=15):
        change = {"kind": "quantity", "line": self.seat_line.id, "quantity": quantity}
        return self.env["kor.contract.amendment"].browse(self.contract.amend(day, [change]))

    def _request(self, **values):
        choice = {"kind": "quantity", "line": str(self.seat_line.id), "quantity": "15", "date": "2026-01-20", **values}
        return self.contract.sudo()._request_change(choice, self.customer, "Ada", PIXEL)

    def _mails(self):
        return self.contract.message_ids.filtered(lambda message: message.message_type == "auto_comment")

    def test_officer_amends_in_the_form_and_sees_the_preview_after_saving(self):
        action = self.contract.with_user(self.officer).action_amend()
        self.assertEqual(action["context"]["default_date_effective"], "2026-01-20")
        form = Form(self.env["kor.contract.amendment"].with_user(self.officer).with_context(**action["context"]))
        with form.change_ids.new() as change:
            change.line_id = self.seat_line
            change.quantity = 15
        self.assertEqual(form.kinds, "quantity")
        amendment = form.save()
        html = " ".join(str(amendment.preview_html).replace("\N{NO-BREAK SPACE}", " ").split())
        for part in (
            "Seats · <strong>10</strong>",
            "Seats · <strong>15</strong>",
            "410.00",
            "565.00",
            "155.00",
            "Changed",
        ):
            with self.subTest(part):
                self.assertIn(part, html)
        self.assertEqual((amendment.state, len(self.contract.line_ids)), ("draft", 2))

    def test_all_views_load_and_only_the_form_asks_for_the_preview(self):
        kinds = ["list", "kanban", "pivot", "graph", "search", "form"]
        views = self.env["kor.contract.amendment"].with_user(self.reader).get_views([(False, kind) for kind in kinds])
        asking = {kind for kind in kinds if "preview_html" in views["views"][kind]["arch"]}
        self.assertEqual(asking, {"form"})

    def test_what_cannot_be_applied_is_said_in_a_sentence(self):
        amendment = self._draft("2026-02-01")
        self.contract.action_cancel("2026-01-20")
        self.assertFalse(amendment.preview_html)
        self.assertIn("only an active contract", amendment.preview_problem)

    def test_preview_shows_terms_and_lines_that_begin_and_end(self):
        changes = [
            {"kind": "remove", "line": self.seat_line.id},
            {"kind": "add", "product": self.product.id, "name": "Archive", "unit_price": 20},
            {"kind": "billing_day", "day": 15},
        ]
        amendment = self.env["kor.contract.amendment"].browse(self.contract.amend("2026-02-01", changes))
        values = amendment._get_preview_values(amendment._preview())
        marks = {(row["before"] or row["after"])["name"]: row["mark"] for row in values["lines"]}
        self.assertEqual(marks, {"Base fee": "same", "Seats": "ended", "Archive": "new"})
        self.assertEqual([term[2] for term in values["terms"]], ["On day 15 of the month"])

    def test_preview_of_a_cancellation_to_come_ends_what_recurs(self):
        amendment = self.env["kor.contract.amendment"].browse(self.contract.amend("2026-03-01", [{"kind": "cancel"}]))
        preview = amendment.preview()
        self.assertEqual((preview["mrr_change"], preview["after"]["lines"]), (-410, []))
        self.assertEqual(self.contract.as_of("2026-03-01")["mrr"], 410)

    def test_previews_leave_no_gap_in_the_numbers(self):
        first = self._draft()
        choice = {"kind": "quantity", "line": str(self.seat_line.id), "quantity": "15", "date": "2026-01-20"}
        self.contract._preview_request(choice)
        self.assertEqual(int(self._draft().name[-5:]), int(first.name[-5:]) + 1)

    def test_dialog_notes_who_agreed_and_keeps_the_proof(self):
        for how, proof in (
            ("signature", {"signature": PIXEL}),
            ("document", {"document": b64encode(b"Yes.")}),
            ("note", {}),
        ):
            with self.subTest(how):
                amendment = self._draft()
                wizard = self.env["kor.amendment.agree"].with_user(self.officer)
                values = {"amendment_id": amendment.id, "agreed_by": "Ada", "how": how, "document_name": "yes.txt"}
                if proof:
                    with self.assert_refused("Attach what was signed"):
                        wizard.create(values).action_confirm()
                wizard.create({**values, **proof, "note": "On the phone"}).action_confirm()
                self.assertEqual((amendment.state, amendment.agreed_by, amendment.agreed_how), ("applied", "Ada", how))
                self.assertEqual(bool(amendment.signature), how == "signature")
                self.assertEqual(amendment.message_ids.attachment_ids.mapped("name"), ["yes.txt"] * (how == "document"))
                self.assertIn("On the phone", "".join(amendment.message_ids.mapped("body")))

    def test_customer_is_told_of_what_is_agreed_in_the_own_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.customer.lang = "de_DE"
        template = self.env.ref("kor_contracts.mail_template_amendment_agreed")
        template.with_context(lang="de_DE").subject = "Vereinbart: {{ object.contract_id.name }}"
        amendment = self._draft()
        self.env["kor.amendment.agree"].create({"amendment_id": amendment.id, "agreed_by": "Ada"}).action_confirm()
        self.assertEqual(self._mails().mapped("subject"), [f"Vereinbart: {self.contract.name}"])
        self.assertEqual(self._mails().partner_ids, self.customer)

    def test_contract_shows_current_lines_and_the_chain(self):
        self._draft().action_agree("Ada", "note")
        self.assertEqual(self.contract.current_line_ids.mapped("quantity"), [1, 15])
        self.assertEqual(self.contract.past_line_count, 1)
        self.assertIn("01/10/2026", str(self.contract.history_html))
        wizard = self.env["kor.contract.as.of"].with_user(self.reader)
        for day, quantity in (("2026-01-10", "10"), ("2026-01-11", "15")):
            html = str(wizard.create({"contract_id": self.contract.id, "date": day}).html)
            self.assertIn(f'<td class="text-end">{quantity}</td>', html)

    def test_request_waits_for_staff_who_accept_it(self):
        amendment = self._request(note="We are growing.")
        self.assertEqual(
            (amendment.state, amendment.agreed_how, amendment.request_note),
            ("requested", "signature", "We are growing."),
        )
        self.assertEqual(amendment.activity_ids.user_id, self.officer)
        self.assertIn("We have received your request", self._mails().subject)
        self.assertEqual(self.contract.mrr, 410)
        with self.assert_refused("as the customer has seen it"):
            amendment.change_ids.quantity = 99
        with self.assert_refused("waits for our answer"):
            self._request()
        amendment.with_user(self.officer).action_accept()
        self.assertEqual((amendment.state, amendment.agreed_by, self.contract.mrr), ("applied", "Ada", 565))
        self.assertTrue(amendment.signature)
        self.assertFalse(amendment.activity_ids)

    def test_request_is_declined_with_a_reason(self):
        amendment = self._request()
        with self.assert_refused("Give the reason"):
            amendment.action_decline(" ")
        self.env["kor.amendment.decline"].create({"amendment_id": amendment.id, "reason": "Wait."}).action_confirm()
        self.assertEqual((amendment.state, amendment._describe_for_customer()), ("declined", "Declined. Wait."))
        self.assertIn("Wait.", self._mails()[0].body)
        with self.assert_refused("is in the state"):
            amendment.action_accept()

    def test_counter_is_signed_by_the_customer(self):
        amendment = self._request()
        amendment.action_counter()
        self.assertEqual((amendment.state, amendment.signature), ("draft", False))
        self.assertNotIn(amendment, self.contract._get_shared_amendments())
        amendment.change_ids.quantity = 20
        amendment.action_offer()
        self.assertIn("Please sign", self._mails()[0].subject)
        amendment._sign("Grace", PIXEL)
        self.assertEqual((amendment.state, amendment.agreed_by, self.contract.mrr), ("applied", "Grace", 720))

    def test_offer_that_the_customer_declines_changes_nothing(self):
        amendment = self._draft()
        amendment.action_offer()
        amendment._turn_down(self.customer, "Too dear.")
        self.assertEqual((amendment.state, self.contract.mrr), ("declined", 410))
        self.assertIn("Too dear.", "".join(amendment.message_ids.mapped("body")))

    def test_more_seats_hold_at_once_where_company_or_contract_says_so(self):
        for company, contract, state in (
            (True, False, "applied"),
            (True, "staff", "requested"),
            (False, "seats", "applied"),
        ):
            with self.subTest(company=company, contract=contract):
                self.contract.company_id.kor_portal_self_service = company
                self.contract.portal_requests = contract
                held = self.contract.current_line_ids.filtered("metric_id")
                amendment = self._request(line=str(held.id), quantity=str(held.quantity + 1))
                self.assertEqual(amendment.state, state)
                if state == "requested":
                    amendment._turn_down(self.customer)
                    self.assertEqual(amendment.state, "withdrawn")

    def test_cancellation_waits_for_staff_also_with_self_service(self):
        self.contract.portal_requests = "seats"
        amendment = self._request(kind="cancel", last_day="2026-02-19")
        self.assertEqual((amendment.state, str(amendment.date_effective)), ("requested", "2026-02-20"))

    def test_bad_choices_get_a_sentence(self):
        line = str(self.seat_line.id)
        other = self._create_contract({"name": "Other"}, activate=True)
        seats = {"kind": "quantity", "line": line, "quantity": "12", "date": "2026-01-20"}
        cases = [
            ({}, "cannot be asked for"),
            ({"kind": "price"}, "cannot be asked for"),
            ({**seats, "line": str(other.line_ids.id)}, "Choose of what"),
            ({**seats, "line": str(self.contract.line_ids[0].id)}, "Choose of what"),
            ({**seats, "quantity": "10"}, "more than that"),
            ({**seats, "quantity": "nan"}, "Enter a number"),
            ({**seats, "quantity": "1e300"}, "more than that"),
            ({**seats, "date": "2026-01-19"}, "Choose a first day"),
            ({**seats, "date": "soon"}, "Choose a first day"),
            ({"kind": "plan", "plan": "1"}, "cannot be asked for"),
            ({"kind": "cancel", "last_day": "2026-02-18"}, "Choose a last day from 02/19/2026"),
        ]
        for values, sentence in cases:
            with self.subTest(values), self.assertRaisesRegex(UserError, sentence):
                self.contract._parse_request(values)

    def test_notice_that_is_over_leaves_no_cancellation_to_ask_for(self):
        term = {"term": "custom", "date_end": "2026-02-28", "notice_days": 60}
        contract = self._create_contract({"name": "Base fee"}, activate=True, **term)
        self.assertNotIn("cancel", contract._get_request_options())
        with freeze_time("2025-12-30"):
            self.assertEqual(str(contract._get_first_cancel_day()), "2026-02-28")

    def test_page_learns_without_the_catalog_that_something_can_be_asked_for(self):
        with patch.object(self.registry["kor.contract"], "_get_higher_plans", side_effect=AssertionError):
            self.assertIs(self.contract._has_request_options(), True)
            self.assertIs(self._create_contract({"name": "Draft"})._has_request_options(), False)

    def test_plan_alone_is_something_to_ask_for(self):
        bound = {"term": "custom", "date_end": "2026-02-28", "notice_days": 60}
        contract = self._create_contract({"name": "Base fee"}, activate=True, **bound)
        for plans in (self._create_plan(name="Orbit"), self.env["kor.plan"]):
            with patch.object(self.registry["kor.contract"], "_get_offered_plans", return_value=plans):
                self.assertEqual(list(contract._get_request_options()), ["plan"] if plans else [])
                self.assertIs(contract._has_request_options(), bool(plans))

    def test_higher_public_plan_can_be_asked_for(self):
        top = self.env["kor.tier"].create({"name": "Orbit", "code": "test_orbit", "sequence": self.tier.sequence + 1})
        plan = self._create_plan(name="Orbit", tier_id=top.id, is_public=True)
        hidden = self._create_plan(name="Hidden", tier_id=top.id)
        options = self.contract._get_request_options()["plan"]
        self.assertIn(plan, options)
        self.assertNotIn(hidden, options)
        html, _mark = self.contract._preview_request({"kind": "plan", "plan": str(plan.id), "date": "2026-01-20"})
        self.assertIn("Orbit", str(html))
        self.assertNotIn("ARR", str(html))
        self.assertEqual(self.contract.tier_id, self.tier)

    def test_readers_look_and_only_officers_act(self):
        amendment = self._draft()
        self.assertTrue(amendment.with_user(self.reader).preview_html)
        requested = self._request()
        for action in ("action_accept", "action_counter", "action_decline", "action_offer"):
            arguments = ("No.",) if action == "action_decline" else ()
            with self.subTest(action), self.assertRaises(AccessError):
                getattr(requested.with_user(self.reader), action)(*arguments)
