from contextlib import contextmanager

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user

PIPELINE = "kor_sales_pipeline"
KEYS = ("lead", "qualification", "proposal", "negotiation", "signing", "onboarding")


class PipelineCase(TransactionCase):
    """Bring the team with its stages, a customer, and a plan of 100 a month, 10 for each of 5 seats, 500 once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True, "lang": "en_US"})
        cls.env.user.tz = "UTC"
        cls.currency = cls.env.company.currency_id
        cls.team = cls.env.ref(f"{PIPELINE}.team_kor")
        cls.stages = {key: cls.env.ref(f"{PIPELINE}.stage_{key}") for key in KEYS}
        cls.customer = cls.env["res.partner"].create({"name": "Harbour & Sons", "email": "hans@harbour.example"})
        cls.product = cls.env["product.product"].create({"name": "Test service", "type": "service"})
        cls.users = cls.env.ref("kor_enterprise_tiers.metric_users")
        cls.storage = cls.env.ref("kor_enterprise_tiers.metric_storage")
        cls.calls = cls.env.ref("kor_enterprise_tiers.metric_api_calls")
        cls.tier = cls.env["kor.tier"].create({"name": "Summit", "code": "test_summit"})
        cls.plan = cls._create_plan(
            {"name": "Base fee", "unit_price": 100},
            {"name": "Users", "charge_type": "per_unit", "metric_id": cls.users.id, "unit_price": 10, "quantity": 5},
            {"name": "Set-up", "charge_type": "one_time", "unit_price": 500},
        )

    @contextmanager
    def assert_refused(self, sentence, error=UserError):
        """Expect a refusal whose message holds the sentence, and undo what was done until then."""
        with self.assertRaises(error) as refusal:
            yield
        self.assertIn(sentence, str(refusal.exception))

    @classmethod
    def _create_plan(cls, *charges, **values):
        return cls.env["kor.plan"].create(
            {
                "name": "Summit annual",
                "tier_id": cls.tier.id,
                "currency_id": cls.currency.id,
                "term": "annual",
                "charge_ids": [Command.create({"product_id": cls.product.id, **charge}) for charge in charges],
                **values,
            }
        )

    @classmethod
    def _create_lead(cls, name="Harbour", **values):
        return cls.env["crm.lead"].create(
            {"name": name, "type": "opportunity", "team_id": cls.team.id, "user_id": cls.env.uid, **values}
        )

    @classmethod
    def _create_order(cls, lead, state="sent"):
        order = cls.env["sale.order"].create({"partner_id": cls.customer.id, "opportunity_id": lead.id})
        order.state = state
        return order

    @classmethod
    def _create_user(cls, login, group="user", **values):
        group = group if "." in group else f"{PIPELINE}.group_kor_pipeline_{group}"
        return new_test_user(cls.env, login, group, tz="UTC", **values)

    def _move(self, lead, key):
        lead.write({"stage_id": self.stages[key].id})
