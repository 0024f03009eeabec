from odoo.exceptions import UserError
from odoo.tests import tagged

from ..engine.fingerprint import fingerprint
from .common import ProposalCase


@tagged("post_install", "-at_install")
class TestProposalVersion(ProposalCase):
    def test_sending_freezes_a_proposal(self):
        order = self._send(self._propose())
        self.assertEqual(order.kor_snapshot_hash, fingerprint(order.kor_snapshot))
        base = self._get(order, "Base fee")
        cases = {
            "price": lambda: base.write({"price_unit": 1}),
            "terms": lambda: base.kor_terms_id.write({"unit_price": 1}),
            "new line": lambda: base.copy({"order_id": order.id}),
            "line taken out": lambda: base.unlink(),
            "term": lambda: order.write({"kor_term_months": 1}),
            "text": lambda: order.kor_section_ids[0].write({"title": "x"}),
            "clause": lambda: order.kor_clause_ids.unlink(),
            "discount": lambda: self._get(order, "Seats").kor_terms_id.discount_ids[0].write({"value": 99}),
            "back to draft": lambda: order.action_draft(),
            "customer": lambda: order.write({"partner_id": self.contact.id}),
        }
        for name, change in cases.items():
            with self.subTest(name), self.assert_refused("has been sent and stays as it is"):
                change()
        self.assertEqual(fingerprint(order.kor_snapshot), order.kor_snapshot_hash)

    def test_evidence_is_not_written_by_hand(self):
        order = self._propose()
        for name, value in (("kor_version", 9), ("kor_snapshot_hash", "x"), ("kor_decision", "approved")):
            with self.subTest(name), self.assert_refused("not written by hand"):
                order.write({name: value})
        with self.assert_refused("not written by hand"):
            self.env["sale.order"].create({"partner_id": self.customer.id, "kor_snapshot_hash": "x"})

    def test_a_change_after_sending_makes_the_next_version(self):
        first = self._send(self._propose())
        base = self._get(first, "Base fee")
        second = self.env["sale.order"].browse(
            first.customize_proposal({"lines": [{"line": base.id, "price_unit": 95}], "term_months": 36})
        )
        self.assertNotEqual(second, first)
        self.assertEqual((second.kor_version, second.kor_previous_id, first.kor_next_id), (2, first, second))
        self.assertEqual((second.state, second.name), ("draft", f"{first.name}-2"))
        self.assertEqual((self._get(second, "Base fee").price_unit, base.price_unit), (95, 100))
        self.assertEqual((second.kor_term_months, first.kor_term_months), (36, 12))
        self.assertEqual(second.opportunity_id, first.opportunity_id)
        self.assertEqual(second.kor_section_ids.mapped("title"), first.kor_section_ids.mapped("title"))
        self.assertEqual(self._get(second, "Seats").kor_terms_id.discount_ids.mapped("name"), ["Pioneer", "Partner"])

    def test_seller_makes_versions_with_their_own_rights(self):
        first = self._send(self._propose()).with_user(self.seller)
        second = first._kor_make_version({"lines": [{"line": self._get(first, "Base fee").id, "discount": 12}]})
        self.assertEqual(second.env.user, self.seller)
        self.assertEqual(self._get(second.sudo(), "Base fee").discount, 12)

    def test_a_version_is_followed_once(self):
        first = self._send(self._propose())
        first._kor_make_version({})
        with self.assert_refused("followed by version 2"):
            first._kor_make_version({})

    def test_superseded_version_cannot_be_signed(self):
        first = self._send(self._propose())
        first._kor_make_version({})
        self.assertFalse(first._has_to_be_signed())
        with self.assert_refused("superseded"):
            first._kor_check_can_sign()
        with self.assert_refused("superseded"):
            self._sign(first)
        self.assertFalse(first.kor_contract_id)

    def test_changes_name_records_of_the_old_version(self):
        first = self._send(self._propose())
        summary = first.kor_section_ids.filtered(lambda one: one.part == "summary")
        second = first._kor_make_version(
            {
                "sections": [{"section": summary.id, "title": "Why us"}],
                "clauses": [{"clause": first.kor_clause_ids.id, "remove": True}],
            }
        )
        self.assertIn("Why us", second.kor_section_ids.mapped("title"))
        self.assertNotIn("Why us", first.kor_section_ids.mapped("title"))
        self.assertFalse(second.kor_clause_ids)

    def test_differences_between_two_versions(self):
        first = self._send(self._propose())
        second = first._kor_make_version(
            {
                "lines": [{"line": self._get(first, "Base fee").id, "price_unit": 95}],
                "term_months": 36,
                "uptime_target": 99.9,
                "clauses": [{"clause": first.kor_clause_ids.id, "body": "<p>Nobody calls.</p>"}],
            }
        )
        rows = {row["what"]: (row["before"], row["after"]) for row in second.compare_versions()}
        self.assertEqual(rows["Term (months)"], ("12", "36"))
        self.assertEqual(rows["Availability"], ("99.5 %", "99.9 %"))
        self.assertEqual(rows["Quiet hours"], ("Nobody calls at night.", "Nobody calls."))
        self.assertIn("90.00", rows["Base fee"][0])
        self.assertIn("85.50", rows["Base fee"][1])
        self.assertNotIn("Seats", rows)
        self.assertIn("Nobody calls.", second.kor_difference_html)
        self.assertEqual(first.compare_versions(first.id), [])
        with self.assert_refused("no earlier version"):
            first.compare_versions()

    def test_sent_proposal_is_kept(self):
        order = self._send(self._propose())
        order._action_cancel()
        with self.assert_refused("is kept", UserError):
            order.unlink()
