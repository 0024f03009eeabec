from contextlib import contextmanager

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user

from odoo.addons.mail.tests.common import mail_new_test_user

SELLER = "kor_sales_pipeline.group_kor_pipeline_user"


class NegotiationMixin:
    """Bring an opportunity with a proposal that was sent: 100 for the base, 10 for each of 50 seats, 12 months.

    The base costs us 40, a seat 2. That makes an MRR of 600, an ARR and a TCV of 7,200, and 460 × 12 of margin.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.currency = cls.env.company.currency_id
        cls.seller = mail_new_test_user(cls.env, "nego_seller", groups=SELLER, name="Sally Seller", email="s@test.lan")
        cls.colleague = mail_new_test_user(
            cls.env,
            "nego_colleague",
            groups=f"{SELLER},sales_team.group_sale_salesman_all_leads",
            name="Carl Colleague",
            email="c@test.lan",
        )
        cls.base, cls.seat = cls.env["product.product"].create(
            [
                {"name": "Base", "type": "service", "list_price": 100, "standard_price": 40, "taxes_id": False},
                {"name": "Seat", "type": "service", "list_price": 10, "standard_price": 2, "taxes_id": False},
            ]
        )
        cls.tier = cls.env["kor.tier"].create({"name": "Lagoon", "code": "nego_lagoon", "uptime_target": 99.5})
        cls.plan = cls.env["kor.plan"].create(
            {"name": "Lagoon annual", "tier_id": cls.tier.id, "currency_id": cls.currency.id, "term": "annual"}
        )
        cls.level = cls.env["kor.support.level"].create({"name": "Night watch", "code": "nego_night"})
        cls.feature = cls.env["kor.feature"].create(
            {"name": "Lighthouse", "code": "nego_lighthouse", "category": "services"}
        )
        cls.company_a, cls.user_a = cls._create_customer("Harbour & Sons", "nego_harbour")
        cls.company_b, cls.user_b = cls._create_customer("Blue Fjord", "nego_fjord")
        cls.lead, cls.order = cls._create_deal(cls.company_a)
        cls.base_line, cls.seat_line = cls.order.order_line

    @classmethod
    def _create_customer(cls, name, login):
        company = cls.env["res.partner"].create({"name": name, "is_company": True, "email": f"{login}@test.lan"})
        user = new_test_user(cls.env, login, groups="base.group_portal", password=f"{login}-{login}")
        user.partner_id.parent_id = company
        return company, user

    @classmethod
    def _create_deal(cls, customer, send=True):
        lead = cls.env["crm.lead"].create(
            {
                "name": f"Whale: {customer.name}",
                "type": "opportunity",
                "partner_id": customer.id,
                "user_id": cls.seller.id,
            }
        )
        order = cls.env["sale.order"].create(
            {
                "partner_id": customer.id,
                "opportunity_id": lead.id,
                "user_id": cls.seller.id,
                "kor_is_proposal": True,
                "kor_plan_id": cls.plan.id,
                "kor_term_months": 12,
                "kor_uptime_target": 99.5,
                "order_line": [
                    Command.create({"product_id": cls.base.id, "product_uom_qty": 1, "price_unit": 100}),
                    Command.create({"product_id": cls.seat.id, "product_uom_qty": 50, "price_unit": 10}),
                ],
            }
        )
        if "kor.proposal.terms" in cls.env:
            # Lines that were added by hand are due once, unless their terms say otherwise.
            order.order_line.kor_terms_id.write({"charge_type": "fixed", "billing_months": 1})
        if send:
            cls._send(order)
        return lead, order

    @classmethod
    def _send(cls, order):
        """Send a version as its seller, approved where it must be."""
        order = order.with_env(cls.env)
        if "kor_approval_state" in order._fields and order.kor_approval_state != "none":
            order.action_kor_approve("Agreed.")
        order.with_user(cls.seller).action_quotation_sent()

    @contextmanager
    def assert_refused(self, sentence, error=UserError):
        """Expect a refusal whose message holds the sentence, and undo what was done until then."""
        with self.assertRaises(error) as refusal:
            yield
        self.assertRegex(str(refusal.exception), sentence)

    def _start(self, lead=None):
        lead = lead or self.lead
        number = lead.with_user(self.seller).start_negotiation()
        return self.env["kor.negotiation"].with_user(self.seller).browse(number)

    def _counter(self, negotiation, *offers, user=None):
        asked = negotiation.with_user(user or self.user_a).counter(list(offers))
        return self.env["kor.counter.offer"].browse(asked)

    def _ask_for_price(self, negotiation, price=8):
        """Ask for seats at another price, for more of them in the second round and on."""
        line = negotiation.order_id.order_line[1]
        return self._counter(
            negotiation, {"area": "pricing", "line": line.id, "price_unit": price, "reason": "Others ask for less."}
        )
