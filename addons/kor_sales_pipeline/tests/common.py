import base64
from unittest.mock import patch

from odoo.fields import Command

from odoo.addons.kor_contracts.tests.common import ContractCase

PNG = base64.b64encode(
    base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
).decode()
PDF = b"%PDF-1.7 stands for the document"


class ProposalCase(ContractCase):
    """Bring an opportunity for the plan of ContractCase, a seller and a manager; documents are not drawn."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls._create_user("prop_seller", "kor_sales_pipeline.group_kor_pipeline_user", name="Sam Seller")
        cls.manager = cls._create_user(
            "prop_manager", "kor_sales_pipeline.group_kor_pipeline_manager", name="Mia Chief"
        )
        cls.env.company.kor_discount_limit = 10
        cls.contact = cls.env["res.partner"].create(
            {"name": "Jane Harbour", "parent_id": cls.customer.id, "email": "jane@harbour.example"}
        )
        draw = patch.object(type(cls.env["kor.pdf"]), "_render", lambda self, html: PDF + str(len(html)).encode())
        cls.startClassPatcher(draw)

    @classmethod
    def _create_lead(cls, plan=None, **values):
        return cls.env["crm.lead"].create(
            {
                "name": "Harbour wants a summit",
                "type": "opportunity",
                "partner_id": cls.customer.id,
                "user_id": cls.seller.id,
                "kor_plan_id": (plan or cls.plan).id,
                "kor_date_start": "2030-02-01",
                **values,
            }
        )

    @classmethod
    def _propose(cls, plan=None, **values):
        lead = cls._create_lead(plan, **values)
        return cls.env["sale.order"].browse(lead.generate_proposal())

    @classmethod
    def _send(cls, order):
        order.action_quotation_sent()
        return order

    @classmethod
    def _sign(cls, order):
        order.write({"signed_by": "Jane Harbour", "signed_on": "2030-01-15 09:30:00", "signature": PNG})
        order._validate_order()
        return order.kor_contract_id

    @classmethod
    def _get(cls, order, name):
        return order.order_line.filtered(lambda line: line.kor_terms_id.name == name)

    @classmethod
    def _create_tiered_plan(cls, model, tiers, **values):
        """Return a plan with one charge for seats in price tiers: (upper bound, unit price, flat amount)."""
        commands = [
            Command.create({"up_to": up_to, "unit_price": price, "flat_amount": flat}) for up_to, price, flat in tiers
        ]
        charge = {
            "name": "Seats",
            "charge_type": "per_unit",
            "metric_id": cls.seats.id,
            "quantity": 25,
            "price_model": model,
            "price_tier_ids": commands,
            "product_id": cls.product.id,
            **values,
        }
        return cls.env["kor.plan"].create(
            {
                "name": f"Summit {model}",
                "tier_id": cls.tier.id,
                "currency_id": cls.currency.id,
                "term": "annual",
                "charge_ids": [Command.create(charge)],
            }
        )
