from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged

from .common import ProposalCase


@tagged("post_install", "-at_install")
@freeze_time("2030-06-15")
class TestProposalAmend(ProposalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        first = cls._send(cls._propose())
        cls.contract = cls._sign(first)

    def _propose_change(self, kind="amendment", changes=None, **values):
        order = self._propose(kor_date_start="2030-06-01", **values)
        order.write({"kor_amends_contract_id": self.contract.id, "kor_amend_kind": kind})
        if changes:
            order.customize_proposal(changes(order))
        if order.kor_approval_state != "none":
            order.with_user(self.manager).action_kor_approve("Agreed.")
        return self._send(order)

    def test_signed_proposal_of_an_existing_customer_becomes_an_amendment(self):
        order = self._propose_change(
            changes=lambda order: {
                "lines": [
                    {"line": self._get(order, "Seats").id, "quantity": 9},
                    {"line": self._get(order, "Base fee").id, "price_unit": 97},
                    {"line": self._get(order, "Set-up").id, "remove": True},
                ],
                "options": [{"line": self._get(order, "Training").id, "quantity": 1}],
            }
        )
        self.assertEqual(self._sign(order), self.contract)
        amendment = self.contract.amendment_ids
        self.assertEqual(
            (amendment.state, amendment.agreed_how, amendment.agreed_by), ("applied", "signature", "Jane Harbour")
        )
        self.assertEqual(sorted(amendment.change_ids.mapped("kind")), ["add", "price", "quantity"])
        running = self.contract.line_ids.filtered(lambda line: line._runs_at(fields.Date.to_date("2030-06-15")))
        self.assertEqual(running.filtered(lambda line: line.name == "Seats").quantity, 9)
        self.assertEqual(order.kor_signed_document_ids.contract_id, self.contract)

    def test_nothing_to_change_is_said_before_it_is_sent(self):
        order = self._propose(kor_date_start="2030-06-01")
        order.write({"kor_amends_contract_id": self.contract.id, "kor_amend_kind": "amendment"})
        order.customize_proposal({"lines": [{"line": self._get(order, "Set-up").id, "remove": True}]})
        with self.assert_refused("nothing to change"):
            self._send(order)
        self.assertFalse(self.contract.amendment_ids)

    def test_renewal(self):
        order = self._propose_change(
            "renewal", changes=lambda order: {"lines": [{"line": self._get(order, "Set-up").id, "remove": True}]}
        )
        self.assertEqual(self._sign(order), self.contract)
        renewal = self.contract.amendment_ids
        self.assertTrue(renewal.is_renewal)
        self.assertEqual(
            (renewal.state, renewal.agreed_by, str(renewal.date_effective)), ("agreed", "Jane Harbour", "2031-02-01")
        )
        self.assertEqual(str(renewal.change_ids.date_end), "2032-01-31")

    def _get_running(self, day):
        day = fields.Date.to_date(day)
        lines = self.contract.line_ids.filtered(lambda line: line._runs_at(day))
        return {line.name: line for line in lines}

    def test_added_line_keeps_price_and_discount_as_signed(self):
        # 33.33 less 10 % of the plan less 3.33 % of the seller: folded into one price it would be off by a cent.
        order = self._propose_change(
            changes=lambda order: {
                "lines": [{"line": self._get(order, "Set-up").id, "remove": True}],
                "options": [{"line": self._get(order, "Training").id, "quantity": 1, "price_unit": 33.33,
                             "discount": 12.997}],
            }
        )  # fmt: skip
        signed = self._get(order, "Training")
        self._sign(order)
        added = self._get_running("2030-06-15")["Training"]
        self.assertEqual((added.unit_price, added.charge_type, added.quantity), (33.33, "fixed", 1))
        self.assertEqual(added.discount_ids.mapped("value"), [signed.discount])
        self.assertEqual(float(order._kor_get_line_price(added)), signed.price_subtotal)

    def test_one_time_line_is_charged_once_also_in_an_amendment(self):
        audit = self.env["product.product"].create({"name": "Audit", "type": "service"})
        order = self._propose_change(
            changes=lambda order: {
                "lines": [
                    {"line": self._get(order, "Set-up").id, "price_unit": 200},
                    {"product": audit.id, "name": "Audit", "price_unit": 900, "discount": 50},
                    {"product": audit.id, "name": "Yearly audit", "price_unit": 1200, "months": 12},
                ]
            }
        )
        before = self.contract.mrr
        self._sign(order)
        lines = {line.name: line for line in self.contract.line_ids if line.date_start == order.kor_date_start}
        self.assertEqual(sorted(lines), ["Audit", "Set-up", "Yearly audit"])
        self.assertEqual((lines["Audit"].charge_type, lines["Set-up"].charge_type), ("one_time", "one_time"))
        self.assertEqual(lines["Yearly audit"].billing_months, 12)
        prices = {name: float(order._kor_get_line_price(line)) for name, line in lines.items()}
        self.assertEqual(prices, {"Audit": 450, "Set-up": 180, "Yearly audit": 1200})
        # What is due once recurs in no month.
        self.assertAlmostEqual(self.contract._get_monthly_revenue(fields.Date.to_date("2030-06-15")) - 100, before, 2)

    def test_discount_that_is_given_up_begins_another_line(self):
        order = self._propose_change(
            changes=lambda order: {
                "lines": [
                    {"line": self._get(order, "Base fee").id, "discount": 0},
                    {"line": self._get(order, "Set-up").id, "remove": True},
                ]
            }
        )
        self._sign(order)
        self.assertEqual(sorted(self.contract.amendment_ids.change_ids.mapped("kind")), ["add", "remove"])
        base = self._get_running("2030-06-15")["Base fee"]
        self.assertEqual((base.unit_price, len(base.discount_ids)), (100, 0))
        self.assertAlmostEqual(self._get_running("2030-05-31")["Base fee"].discount_ids.value, 10)

    def test_discount_on_the_whole_of_a_contract_counts_once(self):
        """A contract made from the plan by hand has the plan's 10 % on the whole, the proposal has it on each line."""
        self.contract = self._create_contract(date_start="2030-02-01", activate=True)
        order = self._propose_change(
            changes=lambda order: {
                "lines": [
                    {"line": self._get(order, "Base fee").id, "price_unit": 120},
                    {"line": self._get(order, "Set-up").id, "remove": True},
                ],
                "options": [{"line": self._get(order, "Training").id, "quantity": 1}],
            }
        )
        self._sign(order)
        # (120 + 50 - 5 + 30) less 10 %.
        self.assertAlmostEqual(float(self.contract._get_monthly_revenue(fields.Date.to_date("2030-06-15"))), 175.5, 2)

    def test_renewal_with_new_prices_holds_from_the_new_term_on(self):
        order = self._propose_change(
            "renewal",
            changes=lambda order: {
                "lines": [
                    {"line": self._get(order, "Base fee").id, "price_unit": 110},
                    {"line": self._get(order, "Seats").id, "quantity": 12},
                    {"line": self._get(order, "Set-up").id, "remove": True},
                ],
                "options": [{"line": self._get(order, "Training").id, "quantity": 1}],
                "term_months": 36,
            },
        )
        before = self.contract.mrr
        self._sign(order)
        renewal = self.contract.amendment_ids
        self.assertEqual((len(renewal), renewal.is_renewal, renewal.state), (1, True, "agreed"))
        self.assertEqual((self.contract.mrr, str(self.contract.date_end)), (before, "2031-01-31"))
        with freeze_time("2031-02-01"):
            self.env["kor.contract.amendment"]._cron_apply()
        self.assertEqual((renewal.state, str(self.contract.date_end)), ("applied", "2034-01-31"))
        last, first = self._get_running("2031-01-31"), self._get_running("2031-02-01")
        self.assertEqual((last["Base fee"].unit_price, first["Base fee"].unit_price), (100, 110))
        self.assertEqual((last["Seats"].quantity, first["Seats"].quantity), (5, 12))
        self.assertEqual(("Training" in last, "Training" in first), (False, True))
        # 110 less 10 %, 12 × 10 less 5 less 10 %, 30 less 10 %.
        monthly = float(self.contract._get_monthly_revenue(fields.Date.to_date("2031-02-01")))
        self.assertAlmostEqual(monthly, 99 + 103.5 + 27, 2)
        self.assertAlmostEqual(monthly, order._kor_figures()["mrr"], 2)

    def test_service_features_and_clauses_are_amended_as_signed(self):
        feature = self.env["kor.feature"].create({"name": "Sauna", "code": "amend_sauna", "category": "services"})
        old = self.contract.clause_ids
        order = self._propose_change(
            changes=lambda order: {
                "lines": [{"line": self._get(order, "Set-up").id, "remove": True}],
                "uptime_target": 99.9,
                "features": [feature.code],
                "clauses": [
                    {"clause": order.kor_clause_ids.id, "body": "<p>Nobody calls at all.</p>"},
                    {"name": "Special agreements", "body": "<p>Towels are free.</p>"},
                ],
            }
        )
        self._sign(order)
        self.assertEqual(self.contract.amendment_ids.change_ids.kind, "kor_service")
        self.assertEqual(self.contract.uptime_target, 99.9)
        self.assertEqual(self.contract.feature_ids, self.tier.all_feature_ids | feature)
        self.assertEqual(
            [(one.name, one.body) for one in self.contract.clause_ids],
            [("Quiet hours", "<p>Nobody calls at all.</p>"), ("Special agreements", "<p>Towels are free.</p>")],
        )
        self.assertEqual(self.contract.clause_ids[0], old)
        self.assertIn("Nobody calls at night.", " ".join(self.contract.message_ids.mapped("body")))

    def test_features_beside_the_tier_are_in_the_new_contract(self):
        feature = self.env["kor.feature"].create({"name": "Sauna", "code": "amend_sauna", "category": "services"})
        order = self._propose()
        order.customize_proposal({"features": [feature.id]})
        order.with_user(self.manager).action_kor_approve("Agreed.")
        contract = self._sign(self._send(order))
        self.assertEqual(contract.feature_ids, self.tier.all_feature_ids | feature)

    def test_terms_of_another_proposal_are_not_added(self):
        order = self._propose()
        change = {"kind": "add", "kor_terms_id": self._get(order, "Training").kor_terms_id.id, "name": "Training"}
        with self.assert_refused("proposal for another contract", ValidationError):
            self.contract.amend("2030-06-20", [change])

    def test_contract_of_another_customer_is_refused(self):
        other = self._create_customer("Quay & Daughters")
        with self.assert_refused("another customer", ValidationError):
            self._propose(partner_id=other.id).kor_amends_contract_id = self.contract
