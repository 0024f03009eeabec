from odoo.tests import tagged

from .life_common import PNG
from .life_story import LifeStory


@tagged("post_install", "-at_install")
class TestLifeOverRpc(LifeStory):
    """The customer's life as programs outside see it."""

    def test_from_the_lead_to_the_second_renewal(self):
        self._live()

    def _propose(self, lead):
        with self._on("2026-02-02"):
            order = self._call("seller", "crm.lead", "generate_proposal", [lead])
            self._call("seller", "sale.order", "action_quotation_sent", [order])
        return order

    def _agree_and_sign(self, negotiation, order):
        with self._on("2026-02-20"):
            self.assertEqual(self._call("buyer", "kor.negotiation", "agree", [negotiation])["order"], order)
            self._call("buyer", "sale.order", "sign_proposal", [order], "Jane Harbour", PNG)

    def _sign_off(self, onboarding, steps):
        with self._on("2026-03-20"):
            for step in steps:
                self._call("guide", "kor.onboarding", "sign_off", [onboarding], step, "Jane Harbour")

    def _bill_first(self):
        return self._bill("2026-03-31", "2026-03-01")

    def _pay_first(self, invoice):
        self._pay(invoice, "2026-03-10")

    def _close_march(self):
        self._close("2026-03-31")

    def _open_ticket(self):
        values = {"name": "Nobody can log in", "priority": "urgent"}
        with self._on("2026-04-07"):
            return self._call("buyer", "kor.contract", "open_ticket", [self.contract.id], values)

    def _answer_ticket(self, ticket):
        with self._on("2026-04-07 10:30:00"):
            self._call("agent", "project.task", "acknowledge_ticket", [ticket])
            self._call("agent", "project.task", "resolve_ticket", [ticket], "The certificate is renewed.")

    def _approve_credits(self):
        with self._on("2026-05-05"):
            credits = self._call("head", "kor.sla.credit", "search", [("contract_id", "=", self.contract.id)])
            self._call("head", "kor.sla.credit", "action_approve", credits)

    def _add_users(self):
        (users,) = self.contract.line_ids.filtered(lambda line: line.name == "Users")
        with self._on("2026-05-20"):
            changes = [{"kind": "quantity", "line": users.id, "quantity": 25}]
            amendment = self._call("keeper", "kor.contract", "amend", [self.contract.id], "2026-06-01", changes)
            self._call("keeper", "kor.contract.amendment", "action_agree", [amendment], "Jane Harbour", "note")
        self._begin_day("2026-06-01")

    def _agree_on_a_year(self):
        with self._on("2027-01-10"):
            self._call("keeper", "kor.contract", "renew", [self.contract.id], "2028-02-29", 4, "A year more", "Jane")
