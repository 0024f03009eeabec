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

    def test_nothing_to_change_is_said(self):
        order = self._propose_change(
            changes=lambda order: {"lines": [{"line": self._get(order, "Set-up").id, "remove": True}]}
        )
        with self.assert_refused("nothing to change"):
            self._sign(order)

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

    def test_contract_of_another_customer_is_refused(self):
        other = self._create_customer("Quay & Daughters")
        with self.assert_refused("another customer", ValidationError):
            self._propose(partner_id=other.id).kor_amends_contract_id = self.contract
