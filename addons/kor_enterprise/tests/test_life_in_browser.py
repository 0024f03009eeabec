from odoo.fields import Command
from odoo.tests import tagged

from .life_story import LifeStory


@tagged("post_install", "-at_install")
class TestLifeInBrowser(LifeStory):
    """The customer's life as people see it: what they do, they do in Chromium, on the screens and in the portal."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        head = cls.staff["head"]
        head.name = "Head of Support"
        level = cls.env["kor.support.level"].create({"name": "Always", "code": "life_always", "always_open": True})
        step = {"clock": "response", "percent": 100, "receiver": "users", "user_ids": [Command.set(head.ids)]}
        cls.env["kor.escalation.step"].create({"support_level_id": level.id, **step})
        cls.gold.support_level_id = level

    def _tour(self, moment, who, url, name):
        with self._on(moment):
            self.start_tour(url, name, login=self.people[who].login, timeout=120)

    def test_from_the_lead_to_the_second_renewal(self):
        self._live()

    def _propose(self, lead):
        self._tour("2026-02-02", "seller", f"/odoo/kor-pipeline/{lead}", "kor_life_propose_tour")
        (order,) = self.env["sale.order"].with_user(self.staff["seller"]).search([("opportunity_id", "=", lead)])
        self.assertEqual((order.state, order.kor_version, order.amount_untaxed), ("sent", 1, 1700))
        return order.id

    def _agree_and_sign(self, negotiation, order):
        self._tour("2026-02-20", "buyer", f"/my/negotiations/{negotiation}", "kor_deal_sign_tour")
        self.assertEqual(self.env["sale.order"].browse(order).signed_by, "Jane Harbour")

    def _sign_off(self, onboarding, steps):
        self._tour("2026-03-20", "buyer", "/my", "kor_life_sign_off_tour")
        signed = self.env["kor.onboarding"].browse(onboarding).step_ids
        self.assertEqual(
            (set(signed.mapped("signed_how")), set(signed.mapped("signed_by"))), ({"portal"}, {"Jane Harbour"})
        )

    def _bill_first(self):
        self._tour("2026-03-01", "biller", f"/odoo/kor-contracts/{self.contract.id}", "kor_life_bill_tour")
        self.assertFalse(self._bill("2026-03-31", "2026-03-01"))
        return self.contract.invoice_ids

    def _pay_first(self, invoice):
        self._tour("2026-03-10", "biller", f"/odoo/customer-invoices/{invoice.id}", "kor_life_pay_tour")
        self.assertEqual(invoice.amount_residual, 0)

    def _close_march(self):
        self._tour("2026-04-03", "closer", "/odoo/kor-revenue-closes/new", "kor_life_close_tour")
        (close,) = self.env["kor.revenue.close"].search([("company_id", "=", self.company.id)])
        self.assertEqual((str(close.date_to), close.state), ("2026-03-31", "done"))

    def _open_ticket(self):
        self._tour("2026-04-07", "buyer", "/my", "kor_sla_ticket_tour")
        return self.contract.ticket_ids.id

    def _answer_ticket(self, _ticket):
        self._run_job("2026-04-07 10:00:01", "kor_sla.ir_cron_watch_clocks")
        self._tour("2026-04-07 10:30:00", "agent", "/odoo/kor-tickets", "kor_sla_answer_tour")
        self.assertEqual(self.contract.ticket_ids.ticket_state, "resolved")

    def _approve_credits(self):
        self._tour("2026-05-05", "head", "/odoo/kor-sla-credits", "kor_sla_approve_tour")
        self.assertEqual(self._amounts_by_kind(self.contract, "2026-04"), {"uptime": 100, "response": 50})

    def _add_users(self):
        self._tour("2026-06-01", "keeper", f"/odoo/kor-contracts/{self.contract.id}", "kor_life_amend_tour")

    def _agree_on_a_year(self):
        self._tour("2027-01-10", "keeper", f"/odoo/kor-contracts/{self.contract.id}", "kor_life_renew_tour")
