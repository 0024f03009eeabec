from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.account.tests.common import AccountTestInvoicingCommon


class KorBillingCommon(AccountTestInvoicingCommon):
    """A company with accounts and taxes, a tier, a metric, two customers, and ways to make contracts."""

    @classmethod
    def get_default_groups(cls):
        groups = super().get_default_groups()
        groups |= cls.env.ref("kor_billing.group_kor_billing_manager")
        groups |= cls.env.ref("kor_contracts.group_kor_contract_manager")
        return groups | cls.env.ref("kor_enterprise_tiers.group_kor_catalog_manager")

    @classmethod
    def setup_independent_company(cls, **kwargs):
        """Begin with the company of a prepared database, where there is one: to make it takes longer than a test."""
        prepared = cls.env["ir.config_parameter"].sudo().get_param("kor.test_company")
        if kwargs or not prepared:
            return super().setup_independent_company(**kwargs)
        company = cls.env["res.company"].sudo().browse(int(prepared))
        cls.env.user.sudo().company_ids = [Command.link(company.id)]
        return company.with_env(cls.env)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.currency = cls.company.currency_id
        cls.users = cls.env.ref("kor_enterprise_tiers.metric_users")
        cls.tier = cls.env.ref("kor_enterprise_tiers.tier_professional")
        cls.tax = cls.company_data["default_tax_sale"]
        cls.product = cls._make_product(cls.tax)
        cls.customer = cls._make_customer("Aurora")
        cls.other_customer = cls._make_customer("Borealis")
        cls.biller = new_test_user(
            cls.env,
            "kor_biller",
            "base.group_user,kor_billing.group_kor_billing_user",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def _make_customer(cls, name, **values):
        return cls.env["res.partner"].create(
            {"name": name, "is_company": True, "email": f"{name.lower()}@customer.example", **values}
        )

    @classmethod
    def _make_portal_user(cls, customer, login):
        """Return a contact of the customer, whose password is the login twice, with a hyphen between."""
        user = new_test_user(
            cls.env,
            login,
            "base.group_portal",
            password=f"{login}-{login}",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        user.partner_id.parent_id = customer
        return user

    @classmethod
    def _make_product(cls, tax):
        values = {"name": "Platform", "type": "service", "taxes_id": [Command.set(tax.ids)]}
        return cls.env["product.product"].create(values)

    @classmethod
    def _make_line_values(cls, **values):
        return {"product_id": cls.product.id, "name": "Base fee", "unit_price": 100.0, **values}

    @classmethod
    def _make_contract(cls, *lines, activate=True, **values):
        """Return a contract from 1 January 2026 on, with one fixed line of 100 a month unless lines are given."""
        contract = cls.env["kor.contract"].create(
            {
                "partner_id": cls.customer.id,
                "company_id": cls.company.id,
                "tier_id": cls.tier.id,
                "term": "monthly",
                "date_start": "2026-01-01",
                "tz": "UTC",
                "line_ids": [Command.create(cls._make_line_values(**line)) for line in lines or ({},)],
                **values,
            }
        )
        if activate:
            contract.action_activate()
        return contract

    def _amend(self, contract, day, *changes, agree=True, **values):
        """Return an amendment that holds from a day; agreed unless it is to stay a draft."""
        amendment = self.env["kor.contract.amendment"].browse(contract.amend(day, list(changes)))
        if values:
            amendment.write(values)
        if agree:
            amendment.action_agree("Ada", "note")
        return amendment

    def _bill(self, contract, date_from, date_to):
        return self.env["account.move"].browse(contract.generate_invoice(date_from, date_to))

    def _amounts(self, moves):
        return sorted(moves.invoice_line_ids.mapped("price_subtotal"))
