from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ProposalCase


@tagged("post_install", "-at_install")
class TestProposalApproval(ProposalCase):
    def test_what_the_plan_gives_to_everybody_needs_no_approval(self):
        order = self._propose()
        self.assertEqual((order.kor_approval_state, order.kor_approval_reasons), ("none", ""))
        self._send(order.with_user(self.seller))
        self.assertEqual(order.state, "sent")

    def test_reasons(self):
        lower = self.env["kor.support.level"].create({"name": "Day", "code": "test_day", "always_open": True})
        cases = {
            "“Base fee” is 15 % below the plan": lambda order: {
                "lines": [{"line": self._get(order, "Base fee").id, "price_unit": 85}]
            },
            "“Seats” is 20 % below the plan": lambda order: {
                "lines": [{"line": self._get(order, "Seats").id, "discount": 20}]
            },
            "“Storage” is 20 % below the plan": lambda order: {
                "lines": [{"line": self._get(order, "Storage").id, "discount": 28}]
            },
            "An uptime of 99.99 %": lambda order: {"uptime_target": 99.99},
            "The support level Day": lambda order: {"support_level": lower.code},
            "A term of 7 months": lambda order: {"term_months": 7},
        }
        for sentence, get_changes in cases.items():
            with self.subTest(sentence):
                order = self._propose()
                order.customize_proposal(get_changes(order))
                self.assertIn(sentence, order.kor_approval_reasons)
                self.assertEqual(order.kor_approval_state, "needed")
                with self.assert_refused("needs the approval of a manager"):
                    order.with_user(self.seller).action_quotation_sent()
                with self.assert_refused("needs the approval of a manager"):
                    order.with_user(self.seller).action_quotation_send()
                self.assertFalse(order.kor_snapshot_hash)

    def test_within_the_limit_nobody_is_asked(self):
        order = self._propose()
        order.customize_proposal({"lines": [{"line": self._get(order, "Base fee").id, "price_unit": 90}]})
        self.assertEqual(order.kor_approval_state, "none")

    def test_a_person_can_have_a_limit_of_their_own(self):
        order = self._propose()
        order.customize_proposal({"lines": [{"line": self._get(order, "Base fee").id, "price_unit": 85}]})
        self.seller.write({"kor_has_own_limit": True, "kor_discount_limit": 15})
        self.assertFalse(order._kor_find_reasons(self.seller))
        self.seller.kor_discount_limit = 0
        self.assertTrue(order._kor_find_reasons(self.seller))

    def test_manager_approves_and_it_is_noted(self):
        order = self._propose()
        order.customize_proposal({"uptime_target": 99.99})
        order.with_user(self.seller).action_kor_ask_approval()
        self.assertEqual(order.kor_approval_state, "asked")
        with self.assert_refused("Only managers", AccessError):
            order.with_user(self.seller).action_kor_approve("please")
        order.with_user(self.manager).action_kor_approve("A strategic customer")
        self.assertEqual(order.kor_approval_state, "approved")
        decided = order.kor_approval_ids.sorted("id")[-1]
        self.assertEqual(
            (decided.user_id, decided.decision, decided.note), (self.manager, "approved", "A strategic customer")
        )
        self.assertTrue(decided.date)
        self.assertIn("99.99", decided.reasons)
        order.with_user(self.seller).action_quotation_sent()
        self.assertTrue(order.kor_snapshot_hash)

    def test_manager_of_another_language_has_no_activity_left(self):
        self.env["res.lang"]._activate_lang("de_DE")
        order = self._propose()
        order.customize_proposal({"uptime_target": 99.99})
        order.with_user(self.seller).action_kor_ask_approval()
        self.assertTrue(order.activity_ids)
        order.with_user(self.manager).with_context(lang="de_DE").action_kor_approve()
        self.assertFalse(order.activity_ids)

    def test_a_change_after_the_approval_asks_anew(self):
        order = self._propose()
        order.customize_proposal({"uptime_target": 99.99})
        order.with_user(self.manager).action_kor_approve()
        order.customize_proposal({"lines": [{"line": self._get(order, "Base fee").id, "price_unit": 50}]})
        self.assertEqual(order.kor_approval_state, "needed")
        with self.assert_refused("needs the approval"):
            self._send(order)

    def test_refused_proposal_cannot_be_sent(self):
        order = self._propose()
        order.customize_proposal({"uptime_target": 99.99})
        order.with_user(self.manager).action_kor_refuse("We cannot promise that")
        self.assertEqual(order.kor_approval_state, "refused")
        with self.assert_refused("needs the approval"):
            self._send(order)

    def test_four_eyes(self):
        self.env.company.kor_four_eyes = True
        order = self._propose()
        order.customize_proposal({"uptime_target": 99.99})
        order.with_user(self.manager).action_kor_ask_approval()
        with self.assert_refused("somebody else"):
            order.with_user(self.manager).action_kor_approve()

    def test_approval_is_a_fact(self):
        order = self._propose()
        order.customize_proposal({"uptime_target": 99.99})
        order.with_user(self.manager).action_kor_approve()
        with self.assert_refused("is not edited"):
            order.kor_approval_ids.write({"note": "changed"})
        with self.assertRaises(AccessError):
            self.env["kor.proposal.approval"].with_user(self.manager).create(
                {"order_id": order.id, "user_id": self.seller.id, "decision": "approved"}
            )

    def test_unapproved_draft_cannot_be_confirmed_either(self):
        order = self._propose()
        order.customize_proposal({"uptime_target": 99.99})
        with self.assert_refused("not approved"):
            order.action_confirm()

    def test_expired_proposal_can_neither_be_sent_nor_signed(self):
        late, sent = self._propose(), self._send(self._propose())
        yesterday = fields.Date.subtract(fields.Date.today(), days=1)
        (late | sent).validity_date = yesterday
        with self.assert_refused("has expired"):
            self._send(late)
        self.assertFalse(sent._has_to_be_signed())
        with self.assert_refused("has expired"):
            self._sign(sent)

    def test_nothing_to_approve_is_said(self):
        with self.assert_refused("Nothing in", UserError):
            self._propose().with_user(self.manager).action_kor_approve()
