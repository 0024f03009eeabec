from odoo import fields, models

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, to_decimal

from ..engine import delivery


class KorPrepaidCredit(models.Model):
    _inherit = "kor.prepaid.credit"

    revenue_schedule_ids = fields.One2many("kor.revenue.schedule", "credit_id", string="Revenue Schedule")

    def _get_breakage_day(self):
        """Return the first day on which the credit cannot be used any more."""
        self.ensure_one()
        return self.date_end + delivery.DAY

    def _get_breakage(self):
        """Return what was paid for and is lost: nothing of what is not paid, or given back."""
        self.ensure_one()
        return to_decimal(self.balance) if self.state == "available" else ZERO

    def _prepare_breakage_schedule(self):
        company, product = self.company_id, self.company_id._get_kor_prepaid_product()
        accounts = product.product_tmpl_id.with_company(company).get_product_accounts(
            self.contract_id.fiscal_position_id
        )
        income = company.kor_breakage_account_id or accounts["income"] or company.income_account_id
        day = self._get_breakage_day()
        return {
            "name": self.env._("Expired credit of %(invoice)s", invoice=self.move_id.name or self.contract_id.name),
            "kind": "breakage",
            "credit_id": self.id,
            "contract_id": self.contract_id.id,
            "company_id": company.id,
            "currency_id": self.currency_id.id,
            "product_id": product.id,
            "method": "point",
            "account_id": income.id,
            "deferral_account_id": self.account_id.id,
            "date_start": day,
            "date_end": day,
        }

    def _prepare_breakage_amounts(self, amount):
        """Return what the schedule comes to, in company currency at the rate of the top-up."""
        lines = self.move_id.line_ids.filtered(lambda line: line.account_id == self.account_id)
        sold, balance = sum(lines.mapped("amount_currency")), sum(lines.mapped("balance"))
        worth = float(amount) * balance / sold if sold else float(amount)
        return {"amount": float(amount), "origin_balance": self.company_id.currency_id.round(worth)}
