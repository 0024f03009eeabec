from lxml import html

from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import PNG
from .deal_common import DealCase
from .rpc_common import RpcCase


@tagged("post_install", "-at_install")
class TestDealStory(DealCase, RpcCase):
    """One deal the whole way, from the lead to the contract."""

    def _get_form(self, page, name):
        """Return a form of a page, with the values that the browser would send."""
        (form,) = html.fromstring(page.text, base_url=page.url).xpath(f"//form[contains(@class, '{name}')]")
        return form

    def _submit(self, form, **values):
        return self.url_open(form.action, data={**dict(form.form_values()), **values})

    def test_deal_in_the_portal(self):
        lead = self._qualify()
        first = self._propose(lead)
        negotiation = self._counter(first)
        second = self._answer(negotiation, first)
        self._approve_and_send(second)
        self._sign(first, second)
        self._check_contract(second)
        self._check_way(lead)
        self._check_document(second)
        self.assertEqual(negotiation.state, "agreed")

    def _qualify(self):
        lead = self.env["crm.lead"].with_user(self.seller).create(
            {
                "name": "Harbour wants a summit",
                "type": "opportunity",
                "team_id": self.team.id,
                "user_id": self.seller.id,
                "partner_id": self.customer.id,
                "kor_plan_id": self.plan.id,
                "kor_users": 37,
                "kor_term_months": 12,
                "kor_date_start": self.start,
            }
        )  # fmt: skip
        self.assertEqual(lead.kor_stage_key, "lead")
        self.assertEqual((lead.kor_arr, lead.kor_tcv), (5640, 6140))
        self._move(lead, "qualification")
        return lead

    def _propose(self, lead):
        first = self.env["sale.order"].with_user(self.seller).browse(lead.generate_proposal())
        self.assertEqual(lead.kor_stage_key, "proposal")
        self.assertEqual((first.kor_version, first.kor_approval_state, first.amount_untaxed), (1, "none", 970))
        self.assertEqual(first._kor_figures()["arr"], lead.kor_arr)
        self._mail(first)
        self.assertTrue(first.kor_snapshot_hash)
        return first

    def _mail(self, order):
        """Send a version as the seller does, by the window for mails; the document goes with it."""
        action = order.action_quotation_send()
        context = {**action["context"], "force_report_rendering": True}  # tests attach HTML otherwise
        composer = Form(self.env["mail.compose.message"].with_user(self.seller).with_context(**context))
        composer.save().action_send_mail()
        self.assertEqual(order.state, "sent")
        message = order.message_ids.filtered("attachment_ids")[:1]
        self.assertIn(self.customer, message.partner_ids)
        self.assertTrue(message.attachment_ids.raw.startswith(b"%PDF"))

    def _counter(self, first):
        """Let the customer go from the proposal to its negotiation, and ask for a price and an uptime there."""
        self.authenticate("deal_buyer", "deal_buyer")
        page = self.url_open(f"/my/orders/{first.id}")
        page = self._submit(self._get_form(page, "kor_negotiate"))
        form = self._get_form(page, "kor_counter")
        users = first.order_line.filtered(lambda line: line.kor_terms_id.name == "Users")
        self.assertEqual(form.fields[f"line_{users.id}_price_unit"], "10")
        page = self._submit(
            form,
            **{
                f"line_{users.id}_price_unit": "8",
                f"line_{users.id}_reason": "Others ask for less",
                "sla_uptime_target": "99.95",
                "sla_reason": "We never sleep",
            },
        )
        self.assertIn("Others ask for less", page.text)
        negotiation = first.opportunity_id.kor_negotiation_id
        self._check_asked(negotiation)
        return negotiation

    def _check_asked(self, negotiation):
        self.assertEqual((negotiation.state, negotiation.lead_id.kor_stage_key), ("waiting_us", "negotiation"))
        visit = self.env["kor.stage.visit"].search([("lead_id", "=", negotiation.lead_id.id)], limit=1)
        self.assertEqual(visit.entered_by_id, self.buyer)
        self.assertEqual(
            [(offer.area, offer.was, offer.asked) for offer in negotiation.offer_ids.sorted("id")],
            [
                ("pricing", {"price_unit": 10}, {"price_unit": 8}),
                ("sla", {"uptime_target": 99.5}, {"uptime_target": 99.95}),
            ],
        )

    def _answer(self, negotiation, first):
        price, uptime = negotiation.offer_ids.sorted("id")
        answers = [
            {"offer": price.id, "decision": "counter", "price_unit": 8.55, "note": "In the middle."},
            {"offer": uptime.id, "decision": "accept"},
        ]
        preview = negotiation.preview_answer(answers)
        self.assertEqual([preview[name]["arr"] for name in ("before", "asked", "ours")], [5640, 4752, 4996.2])
        self.assertFalse(first.kor_next_id)
        result = negotiation.answer(answers)
        second = first.kor_next_id
        self.assertEqual((result["order"], second.kor_version, second.state), (second.id, 2, "draft"))
        self.assertEqual(second._kor_figures()["arr"], 4996.2)
        return second

    def _approve_and_send(self, second):
        self.assertEqual(second.kor_approval_state, "needed")
        self.assertIn("“Users” is 14.5 % below the plan", second.kor_approval_reasons)
        self.assertIn("99.95 %", second.kor_approval_reasons)
        with self.assertRaisesRegex(UserError, "needs the approval of a manager"):
            second.action_quotation_sent()
        second.action_kor_ask_approval()
        second.with_user(self.manager).action_kor_approve("A customer to keep.")
        second.action_quotation_sent()
        self.assertEqual((second.state, second.kor_approval_state), ("sent", "approved"))

    def _accept(self, order, signature=PNG):
        values = {"name": "Jane Harbour", "signature": signature}
        return self.make_jsonrpc_request(f"/my/orders/{order.id}/accept", values, timeout=60)

    def _sign(self, first, second):
        """Let the customer read the answer, accept it, and sign what follows; the first version is past."""
        self.assertIn("superseded by a newer one", self._accept(first)["error"])
        page = self.url_open(f"/my/negotiations/{first.opportunity_id.kor_negotiation_id.id}")
        self.assertIn("In the middle.", page.text)
        page = self._submit(self._get_form(page, "kor_accept"))
        self.assertIn(f"/my/orders/{second.id}", page.url)
        self.assertIn('data-bs-target="#modalaccept"', page.text)
        self.assertEqual(second.opportunity_id.kor_stage_key, "signing")
        # Without a signature, what Odoo says itself; what is none, in our words.
        self.assertIn("is missing", self._accept(second, "")["error"])
        self.assertIn("cannot be read", self._accept(second, "no picture")["error"])
        self.assertTrue(self._accept(second).get("force_refresh"))
        self.assertIn("superseded by a newer one", self._accept(first)["error"])
        self.assertEqual((first.state, first.kor_contract_id.id), ("sent", False))

    def test_deal_in_the_browser(self):
        lead = self._qualify()
        first = self._propose(lead)
        self.start_tour(f"/my/orders/{first.id}", "kor_deal_counter_tour", login=self.buyer.login)
        negotiation = lead.kor_negotiation_id
        self._check_asked(negotiation)
        second = self._answer(negotiation, first)
        self._approve_and_send(second)
        # Drawing the document takes a while.
        self.start_tour(f"/my/negotiations/{negotiation.id}", "kor_deal_sign_tour", login=self.buyer.login, timeout=120)
        self._check_contract(second)
        self._check_way(lead)
        self._check_document(second)

    def test_deal_over_rpc(self):
        lead_id = self._call(
            self.seller,
            "crm.lead",
            "create",
            {
                "name": "Harbour wants a summit",
                "type": "opportunity",
                "team_id": self.team.id,
                "user_id": self.seller.id,
                "partner_id": self.customer.id,
                "kor_plan_id": self.plan.id,
                "kor_users": 37,
                "kor_term_months": 12,
                "kor_date_start": str(self.start),
            },
        )
        self._call(self.seller, "crm.lead", "write", [lead_id], {"stage_id": self.stages["qualification"].id})
        first_id = self._call(self.seller, "crm.lead", "generate_proposal", [lead_id])
        self._call(self.seller, "sale.order", "action_quotation_sent", [first_id])
        number = self._ask_over_rpc(lead_id, first_id)
        second_id = self._answer_over_rpc(number)
        self._agree_over_rpc(number, first_id, second_id)
        second = self.env["sale.order"].browse(second_id)
        self._check_contract(second)
        self._check_way(self.env["crm.lead"].browse(lead_id))
        self._check_document(second)

    def _ask_over_rpc(self, lead_id, first_id):
        """Let the staff open the negotiation and the customer find and ask in it; return its id."""
        self._call(self.seller, "crm.lead", "start_negotiation", [lead_id])
        (number,) = self._call(self.buyer, "kor.negotiation", "search", [("order_id", "=", first_id)])
        lines = self._call(
            self.buyer, "sale.order.line", "search_read", [("order_id", "=", first_id)], ["name", "price_unit"]
        )
        (users,) = [line["id"] for line in lines if line["name"].startswith("Users")]
        asked = [
            {"area": "pricing", "line": users, "price_unit": 8, "reason": "Others ask for less"},
            {"uptime_target": 99.95},
        ]
        self.assertEqual(len(self._call(self.buyer, "kor.negotiation", "counter", [number], asked)), 2)
        return number

    def _answer_over_rpc(self, number):
        """Let the seller answer and the manager approve; return the id of the second version, which was sent."""
        history = self._call(self.seller, "kor.negotiation", "history", [number])
        price, uptime = history["rounds"][-1]["offers"]
        answers = [
            {"offer": price["id"], "decision": "counter", "price_unit": 8.55, "note": "In the middle."},
            {"offer": uptime["id"], "decision": "accept"},
        ]
        preview = self._call(self.seller, "kor.negotiation", "preview_answer", [number], answers)
        self.assertEqual((preview["before"]["arr"], preview["ours"]["arr"]), (5640, 4996.2))
        second_id = self._call(self.seller, "kor.negotiation", "answer", [number], answers)["order"]
        self._assert_call_refused("needs the approval", self.seller, "sale.order", "action_quotation_sent", [second_id])
        self._call(self.seller, "sale.order", "action_kor_ask_approval", [second_id])
        self._assert_call_refused("Only managers", self.seller, "sale.order", "action_kor_approve", [second_id])
        self._call(self.manager, "sale.order", "action_kor_approve", [second_id], "A customer to keep.")
        self._call(self.seller, "sale.order", "action_quotation_sent", [second_id])
        return second_id

    def _agree_over_rpc(self, number, first_id, second_id):
        agreed = self._call(self.buyer, "kor.negotiation", "agree", [number])
        self.assertEqual(agreed["order"], second_id)
        signature = ["Jane Harbour", PNG]
        self._assert_call_refused("superseded", self.buyer, "sale.order", "sign_proposal", [first_id], *signature)
        signed = self._call(self.buyer, "sale.order", "sign_proposal", [second_id], *signature)
        (document,) = self._call(
            self.seller, "kor.signed.document", "search_read", [("order_id", "=", second_id)], ["sha256"]
        )
        self.assertEqual(document["sha256"], signed["sha256"])
        self.assertEqual(self._call(self.seller, "kor.signed.document", "verify", [document["id"]])["state"], "intact")

    def _assert_call_refused(self, sentence, *call):
        with mute_logger("odoo.http"), self.assertRaisesRegex(UserError, sentence):
            self._call(*call)
