from odoo.tests import new_test_user
from odoo.tests.common import TransactionCase


class IntegrationCase(TransactionCase):
    """A customer with a running contract of the Enterprise tier, people of theirs, people of ours."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tier = cls.env.ref("kor_enterprise_tiers.tier_enterprise")
        cls.customer = cls._create_customer("Harbour")
        cls.ada = cls.env["res.partner"].create(
            {"name": "Ada", "email": "ada@harbour.example", "parent_id": cls.customer.id}
        )
        cls.portal_user = new_test_user(
            cls.env, "ada_harbour", "base.group_portal", partner_id=cls.ada.id, email="ada@harbour.example"
        )
        cls.contract = cls._create_contract(cls.customer)
        cls.user = new_test_user(cls.env, "int_user", "base.group_user,kor_integrations.group_kor_integration_user")
        cls.manager = new_test_user(
            cls.env, "int_manager", "base.group_user,kor_integrations.group_kor_integration_manager"
        )

    @classmethod
    def _create_customer(cls, name):
        return cls.env["res.partner"].create(
            {"name": name, "is_company": True, "email": f"info@{name.lower()}.example"}
        )

    @classmethod
    def _create_contract(cls, customer, tier=None):
        contract = cls.env["kor.contract"].create(
            {
                "partner_id": customer.id,
                "tier_id": (tier or cls.tier).id,
                "term": "annual",
                "date_start": "2026-01-01",
                "line_ids": [
                    (
                        0,
                        0,
                        {
                            "name": "Platform",
                            "charge_type": "fixed",
                            "product_id": cls.env.ref("kor_enterprise_tiers.product_base_fee").id,
                            "unit_price": 1000,
                        },
                    )
                ],
            }
        )
        contract.action_activate()
        return contract

    def _create_integration(self, contract=None, **spec):
        """Return an integration made by the customer's contract, as a draft."""
        contract = contract or self.contract
        return self.env["kor.integration"].browse(contract.create_integration(spec))
