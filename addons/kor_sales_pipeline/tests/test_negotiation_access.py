from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from .negotiation_common import SELLER, NegotiationMixin


@tagged("post_install", "-at_install")
class TestNegotiationAccess(NegotiationMixin, TransactionCase):
    def setUp(self):
        super().setUp()
        self.negotiation = self._start()
        self.offer = self._ask_for_price(self.negotiation)

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_access", "odoo.models")
    def test_other_customers_neither_see_nor_move(self):
        stranger = self.negotiation.with_user(self.user_b)
        moves = {
            "read": lambda: stranger.read(["name"]),
            "history": stranger.history,
            "counter": lambda: stranger.counter([{"term_months": 24}]),
            "withdraw": lambda: stranger.withdraw(self.offer.ids),
            "agree": stranger.agree,
        }
        for name, move in moves.items():
            with self.subTest(name), self.assertRaises(AccessError):
                move()
        for model in ("kor.negotiation", "kor.negotiation.round", "kor.counter.offer"):
            with self.subTest(model):
                self.assertFalse(self.env[model].with_user(self.user_b).search([]))
                self.assertTrue(self.env[model].with_user(self.user_a).search([]))

    @mute_logger("odoo.addons.base.models.ir_access", "odoo.models")
    def test_customers_read_no_secrets_and_write_nothing(self):
        own = self.negotiation.with_user(self.user_a)
        secrets = {
            own: ("lead_id", "arr", "mrr", "margin_percent", "note", "break_reason", "rounds_html", "next_order_id",
                  "answer_ids"),
            own.round_ids: ("figures", "figures_asked"),
            own.offer_ids: ("effect", "effect_margin", "effect_arr", "answer_ids"),
        }  # fmt: skip
        for records, names in secrets.items():
            for name in names:
                with self.subTest(name), self.assertRaises(AccessError):
                    records.read([name])
            with self.subTest(records._name), self.assertRaises(AccessError):
                records.write({"state": "agreed"} if "state" in records._fields else {"number": 2})
            with self.subTest(f"unlink {records._name}"), self.assertRaises(AccessError):
                records.unlink()
        with self.assertRaises(AccessError):
            self.env["kor.counter.answer"].with_user(self.user_a).search([])

    @mute_logger("odoo.addons.base.models.ir_access", "odoo.models")
    def test_customers_have_no_staff_moves(self):
        own = self.negotiation.with_user(self.user_a)
        answers = [{"offer": self.offer.id, "decision": "accept"}]
        moves = {
            "answer": lambda: own.answer(answers),
            "preview_answer": lambda: own.preview_answer(answers),
            "break_off": lambda: own.break_off("No"),
            "take_back_answer": own.take_back_answer,
            "reopen": own.reopen,
            "start": self.lead.with_user(self.user_a).start_negotiation,
            "action_answer": own.action_answer,
        }
        for name, move in moves.items():
            with self.subTest(name), self.assertRaises(AccessError):
                move()

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.models")
    def test_history_is_plain_and_has_figures_for_staff_only(self):
        self.negotiation.answer([{"offer": self.offer.id, "decision": "accept", "internal_note": "Boss agreed"}])
        staff = self.negotiation.history()["rounds"][0]
        self.assertEqual((staff["figures"]["mrr"], staff["figures_asked"]["mrr"]), (600, 500))
        self.assertEqual(staff["offers"][0]["prepared"], "accept")
        customer = self.negotiation.with_user(self.user_a).history()
        self.assertEqual(customer["rounds"][0]["offers"][0]["state"], "open")
        said = str(customer)
        for secret in ("margin", "effect", "Boss agreed", "prepared", "figures", "None", "Whale"):
            with self.subTest(secret):
                self.assertNotIn(secret, said)

    def test_sellers_see_their_own_negotiations_as_their_opportunities(self):
        other = new_test_user(self.env, "nego_other", groups=SELLER)
        with self.assertRaises(AccessError):
            self.negotiation.with_user(other).history()
        self.assertTrue(self.negotiation.with_user(self.colleague).history())
        self.assertFalse(self.env["kor.counter.answer"].with_user(other).search([]))

    def test_others_who_sell_work_as_before(self):
        salesman = new_test_user(self.env, "nego_plain", groups="sales_team.group_sale_manager")
        added = {"kor_negotiation_id", "kor_negotiation_ids"}
        for record in (self.lead, self.order):
            with self.subTest(record._name):
                self.assertTrue(added & set(record.with_user(self.seller).fields_get()))
                self.assertFalse(added & set(record.with_user(salesman).fields_get()))
        other, _order = self._create_deal(self.company_a)
        (self.lead | other).with_user(salesman).merge_opportunity()
        self.assertTrue(self.negotiation.sudo().lead_id.exists())

    def test_staff_do_not_edit_the_course(self):
        for vals in ({"state": "agreed"}, {"arr": 1}, {"lead_id": self.lead.id}, {"moves": 0}):
            with self.subTest(vals), self.assertRaisesRegex(UserError, "is not edited"):
                self.negotiation.write(vals)
        self.negotiation.note = "<p>Their limit is 9.</p>"
        with self.assertRaises(AccessError):
            self.env["kor.counter.offer"].with_user(self.seller).create({"round_id": self.negotiation.round_ids.id})

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.models")
    def test_other_companies_have_their_own(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        user = new_test_user(
            self.env,
            "nego_elsewhere",
            groups="kor_sales_pipeline.group_kor_pipeline_manager",
            company_id=company.id,
            company_ids=[company.id],
        )
        for model in ("kor.negotiation", "kor.negotiation.round", "kor.counter.offer", "kor.counter.answer"):
            with self.subTest(model):
                self.assertFalse(self.env[model].with_user(user).search([]))
