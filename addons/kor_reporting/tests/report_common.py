from odoo.fields import Command
from odoo.tests import new_test_user

from .cost_common import CostCase


class ReportCase(CostCase):
    """Six contracts of four customers in the first half of 2026; what each brings each month is told beside it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Report = cls.env["kor.financial.report"]
        cls.euro = cls.setup_other_currency("EUR", rates=[("2026-01-01", 0.5), ("2026-05-01", 0.4)])
        cls.country = cls.env.ref("base.es")
        cls.cirrus = cls._make_customer("Cirrus", country_id=cls.country.id)
        cls.delta = cls._make_customer("Delta")
        # 100, from 15 March 130.
        cls.raised = cls._change(cls.first, "2026-03-15", kind="price", unit_price=130, line=cls.first.line_ids.id)
        # 100, nothing from 1 April to 9 June.
        cls.paused = cls._change(cls.second, "2026-04-01", kind="pause")
        cls.resumed = cls._change(cls.second, "2026-06-10", kind="resume")
        # 100 until 31 May.
        cls.third.action_cancel("2026-05-31")
        cls._make_own_contracts()
        cls.all_contracts = cls.contracts | cls.fourth | cls.fifth | cls.sixth

    @classmethod
    def _make_own_contracts(cls):
        """Make those that cost cases do not have."""
        # 50 euros from 10 February: 100, from May on 125.
        cls.fourth = cls._make_contract(
            {"unit_price": 50.0}, partner_id=cls.cirrus.id, currency_id=cls.euro.id, date_start="2026-02-10"
        )
        # 80 since June 2025, from June 2026 on 10 % more.
        cls.fifth = cls._make_contract(
            {"unit_price": 80.0},
            partner_id=cls.delta.id,
            date_start="2025-06-01",
            term="annual",
            auto_renew=True,
            renewal_uplift_kind="percent",
            renewal_uplift=10,
        )
        cls.fifth._extend()
        # 30 for three months, then 60.
        intro = [Command.create({"name": "Intro", "kind": "percent", "value": 50, "periods": 3})]
        cls.sixth = cls._make_contract({"unit_price": 60.0}, discount_ids=intro)

    @classmethod
    def _make_contract(cls, *lines, **values):
        # The company earns by its contracts from the first one on.
        if not cls.company.kor_revenue_journal_id:
            cls.company.action_kor_setup_revenue()
        return super()._make_contract(*lines, **values)

    @classmethod
    def _change(cls, contract, day, **change):
        amendment = cls.env["kor.contract.amendment"].browse(contract.amend(day, [change]))
        amendment.action_agree("Ada", "note")
        return amendment

    @classmethod
    def _make_user(cls, name, groups):
        own = {"company_id": cls.company.id, "company_ids": [Command.set(cls.company.ids)]}
        return new_test_user(cls.env, f"report_{name}", groups, **own)

    @classmethod
    def _make_users(cls):
        """Make one who sees all, one who sees the contracts of her own customers, and two who see nothing."""
        cls.finance = cls._make_user("finance", "base.group_user,kor_reporting.group_kor_reporting_user")
        cls.manager = cls._make_user("manager", "base.group_user,kor_account_management.group_kor_account_user")
        cls.reader = cls._make_user("reader", "base.group_user,kor_contracts.group_kor_contract_user")
        cls.portal = cls._make_user("portal", "base.group_portal")

    def _by_key(self, result):
        return {row["key"] if result["group_by"] == "month" else row["name"]: row for row in result["rows"]}
