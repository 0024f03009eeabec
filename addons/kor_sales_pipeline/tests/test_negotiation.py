from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .negotiation_common import NegotiationMixin


@tagged("post_install", "-at_install")
class TestNegotiation(NegotiationMixin, TransactionCase):
    def test_start_makes_the_first_round_of_what_was_sent(self):
        negotiation = self._start()
        self.assertEqual(negotiation.state, "waiting_them")
        self.assertRecordValues(negotiation.round_ids, [{"number": 1, "order_id": self.order.id, "version": 1}])
        self.assertRecordValues(negotiation, [{"mrr": 600, "arr": 7200, "tcv": 7200, "discount_percent": 0}])
        self.assertEqual(self._start(), negotiation)
        self.assertEqual((self.lead.kor_negotiation_id, self.order.kor_negotiation_id), (negotiation, negotiation))

    def test_start_before_a_proposal_waits_for_it(self):
        lead, order = self._create_deal(self.company_b, send=False)
        negotiation = self._start(lead)
        self.assertEqual((negotiation.state, negotiation.round_count), ("open", 0))
        self._send(order)
        self.assertEqual((negotiation.state, negotiation.order_id), ("waiting_them", order))

    @mute_logger("odoo.sql_db")
    def test_opportunity_has_one_open_negotiation(self):
        negotiation = self._start()
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            negotiation.sudo().copy({"lead_id": self.lead.id, "name": "N"})

    def test_effect_of_each_offer_is_that_of_the_hand_computed_table(self):
        seat, base = self.seat_line.id, self.base_line.id
        # MRR, ARR, TCV, margin, discount points: each asked for alone, from 600, 7,200, 7,200, 5,520 and 0.
        table = [
            ({"line": seat, "price_unit": 8}, (-100, -1200, -1200, -1200, 0)),
            ({"line": seat, "quantity": 60}, (100, 1200, 1200, 960, 0)),
            ({"line": base, "discount": 50}, (-50, -600, -600, -600, 8.33)),
            ({"discount": 10}, (-60, -720, -720, -720, 10)),
            ({"term_months": 24}, (0, 0, 7200, 5520, 0)),
            ({"area": "sla", "uptime_target": 99.9}, (0, 0, 0, 0, 0)),
        ]
        negotiation = self._start()
        for plain, expected in table:
            with self.subTest(plain):
                offer = self._counter(negotiation, plain)
                found = [offer[f"effect_{name}"] for name in ("mrr", "arr", "tcv", "margin", "discount")]
                for one, other in zip(found, expected, strict=True):
                    self.assertAlmostEqual(one, other, delta=0.01)
                negotiation.with_user(self.user_a).withdraw(offer.ids)

    def test_asked_figures_of_the_round_are_those_of_everything_together(self):
        negotiation = self._start()
        offers = self._counter(
            negotiation, {"line": self.seat_line.id, "price_unit": 8, "quantity": 100}, {"term_months": 24}
        )
        # 100 + 100 × 8 = 900 a month for 24 months; it costs 40 + 200 a month.
        asked = negotiation.round_ids.figures_asked
        self.assertEqual((asked["mrr"], asked["tcv"], asked["margin"]), (900, 21600, 660 * 24))
        negotiation.with_user(self.user_a).withdraw(offers[1].ids)
        self.assertEqual(negotiation.round_ids.figures_asked["tcv"], 10800)

    def test_simulation_leaves_nothing_behind(self):
        negotiation = self._start()
        count = self.env["sale.order"].search_count([])
        self._ask_for_price(negotiation)
        self.assertEqual(self.env["sale.order"].search_count([]), count)
        self.assertFalse(self.order.kor_next_id)

    def test_counter_offer_waits_for_us_with_an_activity_of_the_seller(self):
        negotiation = self._start()
        offer = self._ask_for_price(negotiation)
        self.assertEqual(negotiation.state, "waiting_us")
        self.assertEqual(negotiation.activity_ids.user_id, self.seller)
        self.assertRecordValues(
            offer,
            [
                {
                    "state": "open",
                    "area": "pricing",
                    "was": {"price_unit": 10},
                    "asked": {"price_unit": 8},
                    "reason": "Others ask for less.",
                    "author_id": self.user_a.partner_id.id,
                }
            ],
        )

    def test_two_rounds_end_in_an_agreement(self):
        negotiation = self._start()
        price = self._ask_for_price(negotiation)
        answer = {"decision": "counter", "price_unit": 9, "note": "For two years.", "internal_note": "X"}
        result = negotiation.answer([{"offer": price.id, **answer}])
        second = self.env["sale.order"].browse(result["order"])
        self.assertEqual((second.state, second.kor_version, second.order_line[1].price_unit), ("draft", 2, 9))
        # Not sent: the customer still reads an open offer.
        self.assertEqual((price.state, negotiation.state, negotiation.next_order_id), ("open", "waiting_us", second))
        self._send(second)
        self.assertEqual(
            (price.state, price.answered, price.answer_note), ("countered", {"price_unit": 9}, "For two years.")
        )
        self.assertEqual((price.answered_by_id, price.answer_order_id), (self.seller, second))
        self.assertEqual(
            (negotiation.state, negotiation.order_id, negotiation.round_count), ("waiting_them", second, 2)
        )
        self.assertEqual((negotiation.mrr, negotiation.arr_change), (550, -600))
        term = self._counter(negotiation, {"term_months": 24})
        self.assertEqual(term.number, 2)
        third = self.env["sale.order"].browse(negotiation.answer([{"offer": term.id, "decision": "accept"}])["order"])
        self._send(third)
        self.assertEqual((term.state, third.kor_term_months, third.order_line[1].price_unit), ("accepted", 24, 9))
        signing = negotiation.with_user(self.user_a).agree()
        self.assertEqual(signing["order"], third.id)
        self.assertIn("access_token", signing["url"])
        self.assertEqual((negotiation.state, negotiation.agreed_by_id), ("agreed", self.user_a.partner_id))

    def test_declining_everything_is_said_at_once_and_the_next_counter_opens_a_round(self):
        negotiation = self._start()
        offer = self._ask_for_price(negotiation)
        with self.assert_refused("say why you decline"):
            negotiation.answer([{"offer": offer.id, "decision": "decline"}])
        result = negotiation.answer([{"offer": offer.id, "decision": "decline", "note": "It is our lowest price."}])
        self.assertEqual(result, {"state": "waiting_them", "order": 0})
        self.assertEqual((offer.state, offer.answer_note), ("declined", "It is our lowest price."))
        again = self._ask_for_price(negotiation, 9)
        self.assertEqual((again.number, again.order_id, negotiation.round_count), (2, self.order, 2))

    def test_all_offers_of_a_round_are_answered_together(self):
        negotiation = self._start()
        offers = self._counter(negotiation, {"line": self.seat_line.id, "price_unit": 8}, {"term_months": 24})
        with self.assert_refused("missing: Terms"):
            negotiation.answer([{"offer": offers[0].id, "decision": "accept"}])

    def test_preview_shows_before_asked_and_ours(self):
        negotiation = self._start()
        offer = self._ask_for_price(negotiation)
        preview = negotiation.preview_answer([{"offer": offer.id, "decision": "counter", "price_unit": 9}])
        self.assertEqual([preview[key]["mrr"] for key in ("before", "asked", "ours")], [600, 500, 550])
        self.assertFalse(self.order.kor_next_id)

    def test_answer_is_taken_back_until_it_is_sent(self):
        negotiation = self._start()
        offer = self._ask_for_price(negotiation)
        draft = self.env["sale.order"].browse(negotiation.answer([{"offer": offer.id, "decision": "accept"}])["order"])
        negotiation.take_back_answer()
        self.assertFalse(draft.exists())
        self.assertFalse(self.order.kor_next_id)
        second = self.env["sale.order"].browse(
            negotiation.answer([{"offer": offer.id, "decision": "counter", "price_unit": 9.5}])["order"]
        )
        self._send(second)
        self.assertEqual(offer.answered, {"price_unit": 9.5})
        self.assertEqual(sorted(offer.answer_ids.mapped("state")), ["given", "taken_back"])
        with self.assert_refused("what was sent is said"):
            negotiation.take_back_answer()

    def test_customer_who_withdraws_stops_a_prepared_answer(self):
        negotiation = self._start()
        offer = self._ask_for_price(negotiation)
        negotiation.answer([{"offer": offer.id, "decision": "accept"}])
        negotiation.with_user(self.user_a).withdraw(offer.ids)
        self.assertEqual((offer.state, offer.answer_ids.state), ("withdrawn", "taken_back"))
        self.assertEqual((negotiation.state, self.order.kor_next_id.id), ("waiting_them", False))

    def test_version_that_is_sent_without_an_answer_answers_what_is_open(self):
        negotiation = self._start()
        offer = self._ask_for_price(negotiation)
        second = self.order._kor_make_version({"term_months": 24})
        self._send(second)
        self.assertEqual((offer.state, offer.answer_order_id, negotiation.state), ("countered", second, "waiting_them"))

    def test_draft_that_was_changed_before_it_was_sent_is_what_we_answered(self):
        negotiation = self._start()
        offers = self._counter(negotiation, {"line": self.seat_line.id, "price_unit": 8}, {"term_months": 24})
        result = negotiation.answer([{"offer": offer.id, "decision": "accept"} for offer in offers])
        second = self.env["sale.order"].browse(result["order"])
        second.order_line[1].price_unit = 9.5
        self._send(second)
        self.assertEqual(offers.mapped("state"), ["countered", "accepted"])
        self.assertEqual(offers[0].answered, {"price_unit": 9.5})

    def test_deleted_draft_takes_its_answer_back(self):
        negotiation = self._start()
        offer = self._ask_for_price(negotiation)
        answers = [{"offer": offer.id, "decision": "accept"}]
        self.env["sale.order"].browse(negotiation.answer(answers)["order"]).unlink()
        self.assertEqual(offer.answer_ids.state, "taken_back")
        self.assertTrue(negotiation.answer(answers)["order"])

    def test_cancelled_proposal_waits_for_us(self):
        negotiation = self._start()
        self.order.action_cancel()
        self.assertEqual(negotiation.state, "waiting_us")
        self.assertIn("was cancelled", negotiation.activity_ids.summary)

    def test_lost_opportunity_ends_its_negotiation(self):
        negotiation = self._start()
        self.lead.action_set_lost()
        self.assertRecordValues(negotiation, [{"state": "broken_off", "break_reason": "The opportunity was lost."}])

    def test_answered_offers_are_never_edited(self):
        negotiation = self._start()
        offer = self._ask_for_price(negotiation)
        with self.assert_refused("is not changed"):
            offer.sudo().write({"asked": {"price_unit": 1}})
        negotiation.answer([{"offer": offer.id, "decision": "decline", "note": "No."}])
        for vals in ({"state": "accepted"}, {"answer_note": "Yes."}, {"reason": "Other"}):
            with self.subTest(vals), self.assert_refused("is not changed"):
                offer.sudo().write(vals)
        with self.assert_refused("is kept"):
            offer.sudo().unlink()
        with self.assert_refused("mark it as lost instead"):
            self.lead.sudo().unlink()

    def test_unusable_counter_offers_are_refused_with_a_sentence(self):
        negotiation = self._start()
        line = self.seat_line.id
        table = [
            ({"line": line, "price_unit": -1}, "from 0 to"),
            ({"line": line, "price_unit": "cheap"}, "must be a number"),
            ({"line": line, "price_unit": float("nan")}, "must be a number"),
            ({"line": line, "quantity": 0}, "from 0.000001 to"),
            ({"line": line, "discount": 101}, "from 0 to 100"),
            ({"line": line, "price_unit": 10}, "Nothing is asked"),
            ({"line": line, "price_unit": 10, "reason": "Please"}, "changed nothing"),
            ({"line": 0, "area": "pricing", "price_unit": 8}, "say which line"),
            ({"line": -5, "price_unit": 8}, "is no line of"),
            ({"term_months": 1.5}, "must be a number"),
            ({"area": "weather", "text": "Sun"}, "is no area"),
            ({"text": "Sun"}, "is no area"),
            ({"area": "sla", "term_months": 24}, "cannot be asked for in the area sla"),
            ({"support_level": "nobody"}, "no support level"),
            ({"features": ["moon"]}, "no feature"),
            ({"area": "terms", "text": "x" * 2001}, "longer than 2000"),
            ({"state": "accepted"}, "is no area"),
            ({"area": "terms", "state": "accepted"}, "cannot be asked for"),
        ]
        for plain, sentence in table:
            with self.subTest(plain), self.assert_refused(sentence):
                negotiation.with_user(self.user_a).counter([plain])
        for offers in ([], "price", [1], None, [{}] * 101):
            with self.subTest(offers=offers), self.assert_refused("are a list of"):
                negotiation.with_user(self.user_a).counter(offers)

    def test_one_value_is_asked_for_once(self):
        negotiation = self._start()
        self._ask_for_price(negotiation)
        for plain in ({"line": self.seat_line.id, "price_unit": 7}, {"line": self.seat_line.id, "price_unit": 6}):
            with self.subTest(plain), self.assert_refused("asked for Unit price"):
                negotiation.counter([plain])
        with self.assert_refused("not for both"):
            negotiation.counter([{"discount": 5}, {"line": self.base_line.id, "discount": 5}])
        self.assertTrue(negotiation.counter([{"line": self.seat_line.id, "quantity": 70}]))

    def test_words_support_and_features_are_asked_for_and_written_into_the_new_version(self):
        negotiation = self._start()
        offers = self._counter(
            negotiation,
            {"support_level": "nego_night"},
            {"features": ["nego_lighthouse"], "text": "With a keeper"},
            {"area": "terms", "text": "Pay by the quarter"},
        )
        self.assertEqual(offers.mapped("area"), ["support", "features", "terms"])
        self.assertEqual(offers[1].asked_text, "Features: Lighthouse · With a keeper")
        result = negotiation.answer([{"offer": offer.id, "decision": "accept"} for offer in offers])
        version = self.env["sale.order"].browse(result["order"])
        self.assertEqual(version.kor_support_level_id, self.level)
        self.assertEqual(version.kor_feature_ids, self.feature)
        self.assertIn("is without Lighthouse", version.kor_approval_reasons)
        clause = version.kor_clause_ids.filtered("is_agreed")
        for text in ("Features</strong>: With a keeper", "Terms</strong>: Pay by the quarter"):
            self.assertIn(text, clause.body)
        content = version._kor_get_content()
        self.assertIn({"category": "Services", "names": ["Lighthouse"]}, content["features"])
        self.assertEqual(content["clauses"][-1]["name"], "Special agreements")
        rows = {row["what"]: row["after"] for row in version.compare_versions()}
        self.assertIn("Pay by the quarter", rows["Special agreements"])
        self.assertEqual(rows["Services"], "Lighthouse")

    def test_words_of_later_rounds_join_those_that_were_agreed_and_get_into_the_contract(self):
        negotiation = self._start()
        for text in ("Pay by the quarter", "<b>Bold</b>\nand a second line"):
            (offer,) = self._counter(negotiation, {"area": "terms", "text": text})
            result = negotiation.answer([{"offer": offer.id, "decision": "accept"}])
            version = self.env["sale.order"].browse(result["order"])
            self._send(version)
        clause = version.kor_clause_ids.filtered("is_agreed")
        self.assertEqual(len(clause), 1)
        self.assertIn("Pay by the quarter", clause.body)
        self.assertIn("&lt;b&gt;Bold&lt;/b&gt;<br>and a second line", clause.body)
        version.with_user(self.seller).action_confirm()
        contract = version.kor_contract_id
        self.assertIn((clause.name, clause.body), [(one.name, one.body) for one in contract.clause_ids])

    def test_only_the_newest_unexpired_version_is_countered_and_accepted(self):
        negotiation = self._start()
        customer = negotiation.with_user(self.user_a)
        table = [
            ({"kor_next_id": True}, "superseded"),
            ({"validity_date": "2020-01-31"}, "expired on"),
            ({"state": "cancel"}, "not open for counter-offers"),
        ]
        for vals, sentence in table:
            with self.subTest(sentence), self.env.cr.savepoint() as savepoint:
                if vals.get("kor_next_id"):
                    self.order._kor_make_version({})
                else:
                    self.order.write(vals)
                with self.assert_refused(sentence):
                    self._ask_for_price(negotiation)
                with self.assert_refused(sentence):
                    customer.agree()
                savepoint.close(rollback=True)
                self.env.invalidate_all()

    def test_no_counter_while_our_answer_is_prepared(self):
        negotiation = self._start()
        offer = self._ask_for_price(negotiation)
        negotiation.answer([{"offer": offer.id, "decision": "accept"}])
        with self.assert_refused("is being prepared"):
            self._counter(negotiation, {"term_months": 24})

    def test_agreeing_needs_an_answer_to_what_is_open(self):
        negotiation = self._start()
        self._ask_for_price(negotiation)
        with self.assert_refused("waits for our answer"):
            negotiation.with_user(self.user_a).agree()

    def test_breaking_off_needs_a_reason_and_ends_all_moves(self):
        negotiation = self._start()
        offer = self._ask_for_price(negotiation)
        with self.assert_refused("Say why"):
            negotiation.break_off("  ")
        negotiation.break_off("They build it themselves.")
        self.assertRecordValues(negotiation, [{"state": "broken_off", "break_reason": "They build it themselves."}])
        self.assertEqual(offer.state, "withdrawn")
        self.assertFalse(negotiation.activity_ids)
        for move in (lambda: self._ask_for_price(negotiation), lambda: negotiation.break_off("Again")):
            with self.assert_refused("is closed: Broken off"):
                move()
        self.assertEqual(negotiation.reopen(), "waiting_them")
        self.assertTrue(self._ask_for_price(negotiation))

    def test_signing_agrees(self):
        negotiation = self._start()
        self._ask_for_price(negotiation)
        self.order.action_confirm()
        self.assertEqual((negotiation.state, negotiation.offer_ids.state), ("agreed", "withdrawn"))
        with self.assert_refused("is signed"):
            negotiation.reopen()

    def test_merged_opportunities_keep_their_negotiations_and_one_goes_on(self):
        first = self._start()
        other, _order = self._create_deal(self.company_a)
        second = self._start(other)
        merged = (self.lead | other).merge_opportunity()
        self.assertEqual(merged.kor_negotiation_ids, first.sudo() | second.sudo())
        self.assertEqual(sorted((first | second).mapped("state")), ["broken_off", "waiting_them"])

    def test_rounds_stand_side_by_side(self):
        negotiation = self._start()
        offer = self._ask_for_price(negotiation)
        second = self.env["sale.order"].browse(
            negotiation.answer([{"offer": offer.id, "decision": "counter", "price_unit": 9}])["order"]
        )
        self._send(second)
        html = negotiation.rounds_html
        for part in ("Round 1", "Round 2", "600.00", "500.00", "550.00", "Others ask for less.", "Countered"):
            with self.subTest(part):
                self.assertIn(part, html)

    def test_sentence_of_who_answered_already(self):
        negotiation = self._start()
        offer = self._ask_for_price(negotiation)
        answers = [{"offer": offer.id, "decision": "accept"}]
        negotiation.with_user(self.colleague).answer(answers)
        with self.assert_refused("Carl Colleague has answered already"):
            negotiation.answer(answers)
        self._send(self.order.kor_next_id)
        with self.assert_refused("Carl Colleague has answered already"):
            negotiation.answer(answers)
        with self.assertRaises(UserError):
            negotiation.answer([])
