from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.kor_enterprise_tiers.tools import open_form

from .kor_cost_setup_mixin import CATEGORIES
from .kor_report_figure_mixin import REVENUE_AT_ONCE


class KorProfitLine(models.Model):
    """A booked fact behind profit: recognised revenue of a contract, or a cost that was allocated to it."""

    _name = "kor.profit.line"
    _description = "Revenue or Cost of a Contract"
    _auto = False
    # By the id of the contract: see `_find_newest`.
    _order = "date desc, contract_id.id desc, id desc"
    _rec_name = "contract_id"
    _depends = {
        "account.account": ["account_type"],
        "account.move": ["kor_contract_id", "move_type"],
        "account.move.line": [
            "account_id", "balance", "company_id", "date", "display_type", "kor_contract_id", "move_id",
            "parent_state", "product_id",
        ],
        "kor.contract": ["account_manager_id", "company_id", "partner_id", "plan_id", "state", "tier_id"],
        "kor.cost.allocation": ["amount", "category", "company_id", "contract_id", "date"],
        "kor.revenue.item": ["balance", "company_id", "contract_id", "date", "kind", "product_id"],
        "kor.revenue.schedule": ["contract_id", "deferral_account_id", "kind"],
        "res.company": ["currency_id"],
        "res.partner": ["commercial_partner_id", "country_id"],
    }  # fmt: skip

    contract_id = fields.Many2one("kor.contract", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    tier_id = fields.Many2one("kor.tier", readonly=True, help="Of the contract today.")
    plan_id = fields.Many2one("kor.plan", readonly=True, help="Of the contract today.")
    account_manager_id = fields.Many2one(
        "res.users", string="Account Manager", readonly=True, help="Of the contract today."
    )
    country_id = fields.Many2one("res.country", readonly=True, help="Of the customer today.")
    date = fields.Date(string="Booked on", readonly=True)
    kind = fields.Selection([("revenue", "Revenue"), ("cost", "Cost")], readonly=True)
    category = fields.Selection(CATEGORIES, string="Cost Category", readonly=True)
    product_id = fields.Many2one(
        "product.product", string="Component", readonly=True, help="What the revenue was recognised on."
    )
    revenue = fields.Monetary(
        currency_field="company_currency_id",
        readonly=True,
        help="What closes booked, and invoice lines that are revenue at once.",
    )
    cost = fields.Monetary(
        currency_field="company_currency_id", readonly=True, help="What was allocated to the contract."
    )
    margin = fields.Monetary(
        string="Profit",
        currency_field="company_currency_id",
        readonly=True,
        help="Revenue − costs of all categories.",
    )
    company_id = fields.Many2one("res.company", readonly=True)
    company_currency_id = fields.Many2one("res.currency", string="Company Currency", readonly=True)
    origin_model = fields.Char(readonly=True)
    origin_id = fields.Many2oneReference("Origin", model_field="origin_model", readonly=True, aggregator=False)

    @property
    def _table_query(self):
        # What is of the customer is looked up for the rows that are shown or asked for it, not for all that are summed.
        return SQL(
            """
            SELECT fact.*, fact.revenue - fact.cost AS margin,
                (SELECT COALESCE(partner.commercial_partner_id, partner.id) FROM res_partner partner
                  WHERE partner.id = contract.partner_id) AS partner_id,
                (SELECT customer.country_id FROM res_partner partner
                   JOIN res_partner customer ON customer.id = COALESCE(partner.commercial_partner_id, partner.id)
                  WHERE partner.id = contract.partner_id) AS country_id,
                contract.tier_id, contract.plan_id, contract.account_manager_id,
                (SELECT company.currency_id FROM res_company company
                  WHERE company.id = fact.company_id) AS company_currency_id
            FROM (%s UNION ALL %s UNION ALL %s) fact
            JOIN kor_contract contract ON contract.id = fact.contract_id AND contract.company_id = fact.company_id
            WHERE contract.state != 'draft'
            """,
            self._get_recognised_query(),
            self._get_invoiced_query(),
            self._get_cost_query(),
        )

    @api.model
    def _get_recognised_query(self):
        return SQL(
            """
            SELECT id::bigint * 3 AS id, 'revenue' AS kind, NULL AS category, contract_id, company_id, date, product_id,
                balance AS revenue, 0::numeric AS cost, 'kor.revenue.item' AS origin_model, id AS origin_id
            FROM kor_revenue_item WHERE kind != 'cost'
            """
        )

    @api.model
    def _get_invoiced_query(self):
        return SQL(
            """
            SELECT line.id::bigint * 3 + 1, 'revenue', NULL, COALESCE(line.kor_contract_id, move.kor_contract_id),
                line.company_id, line.date, line.product_id, -line.balance, 0, 'account.move', line.move_id
            %s AND line.account_id IN %s
            """,
            REVENUE_AT_ONCE,
            # By their numbers, which tell PostgreSQL how many lines they have.
            self._get_income_accounts() or (0,),
        )

    @api.model
    def _get_income_accounts(self):
        self.env["account.account"].flush_model(["account_type"])
        return tuple(
            number
            for (number,) in self.env.execute_query(
                SQL("SELECT id FROM account_account WHERE account_type IN ('income', 'income_other') ORDER BY id")
            )
        )

    @api.model
    def _get_cost_query(self):
        return SQL(
            """
            SELECT id::bigint * 3 + 2, 'cost', category, contract_id, company_id, date, NULL::int, 0, amount,
                'kor.cost.allocation', id
            FROM kor_cost_allocation
            """
        )

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, **options):
        # A close books thousands of facts on one date: a page of the newest need not sort all of them.
        if limit and order == self._order:
            newest = Domain(domain) & self._find_newest(offset + limit)
            if self.search_count(newest, limit=offset + limit) == offset + limit:
                domain = newest
        return super()._search(domain, offset, limit, order, **options)

    @api.model
    def _find_newest(self, count):
        """Return the domain of the first facts in the order of the model, about as many: none comes between them.

        They are those after the last close, and of its date those of the contracts that come first.
        """
        last = SQL("(SELECT max(date) FROM kor_revenue_item WHERE company_id IN %s)", tuple(self.env.companies.ids))
        found = self.env.execute_query(
            SQL(
                "SELECT date, contract_id FROM kor_revenue_item WHERE date = %s "
                "ORDER BY contract_id DESC OFFSET %s LIMIT 1",
                last,
                count - 1,
            )
        )
        if not found:
            return Domain.FALSE
        [(day, contract)] = found
        return Domain("date", ">", day) | (Domain("date", "=", day) & Domain("contract_id", ">=", contract))

    def action_open_origin(self):
        """Open what was booked: the recognised month, the invoice, or the allocated cost.

        :return: a window action
        """
        self.ensure_one()
        self.check_access("read")
        origin = self.env[self.origin_model].browse(self.origin_id)
        if not origin.has_access("read"):
            raise AccessError(
                self.env._(
                    "%(record)s of %(contract)s is not open to you: ask a member of KOR Enterprise › Reporting.",
                    record=origin._description,
                    contract=self.contract_id.name,
                )
            )
        return open_form(origin)
