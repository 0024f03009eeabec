from contextlib import contextmanager

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user
from odoo.tools import convert_file

MODULE = "kor_enterprise_tiers"


def load_price_lists(env):
    """Have the public price lists, also in a database without demonstration data."""
    if not env.ref(f"{MODULE}.plan_price_list_storage", raise_if_not_found=False):
        convert_file(env(su=True), MODULE, "demo/kor_price_list_demo.xml", {}, mode="init")


class TierCase(TransactionCase):
    """Bring a tier, a product and a plan in a currency whose prices read “12.00 T$”; no accounting."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True, "lang": "en_US"})
        cls.currency = cls.env["res.currency"].create(
            {"name": "TST", "symbol": "T$", "rounding": 0.01, "position": "after"}
        )
        cls.users = cls.env.ref(f"{MODULE}.metric_users")
        cls.storage = cls.env.ref(f"{MODULE}.metric_storage")
        cls.api_calls = cls.env.ref(f"{MODULE}.metric_api_calls")
        cls.product = cls.env["product.product"].create({"name": "Test service", "type": "service"})
        cls.tier = cls.env["kor.tier"].create({"name": "Test tier", "code": "test_tier"})
        cls.plan = cls._create_plan()

    @contextmanager
    def assert_refused(self, sentence, error=ValidationError):
        """Expect a refusal whose message holds the sentence, and undo what was done until then."""
        with self.assertRaises(error) as refusal:
            yield
        self.assertIn(sentence, str(refusal.exception))

    @classmethod
    def _create_plan(cls, **values):
        return cls.env["kor.plan"].create(
            {"name": "Test plan", "tier_id": cls.tier.id, "currency_id": cls.currency.id, **values}
        )

    @classmethod
    def _prepare_charge(cls, **values):
        return {"name": "Test charge", "product_id": cls.product.id, **values}

    @classmethod
    def _create_charge(cls, **values):
        return cls.env["kor.charge"].create(cls._prepare_charge(**{"plan_id": cls.plan.id, **values}))

    @classmethod
    def _create_graduated(cls, *tiers):
        """Create a usage charge from (upper bound, unit price) pairs."""
        commands = [Command.create({"up_to": bound, "unit_price": price}) for bound, price in tiers]
        return cls._create_charge(
            charge_type="usage",
            price_model="graduated",
            metric_id=cls.storage.id,
            price_tier_ids=commands,
        )

    @classmethod
    def _create_user(cls, login, *groups):
        return new_test_user(cls.env, login, ",".join(groups))
