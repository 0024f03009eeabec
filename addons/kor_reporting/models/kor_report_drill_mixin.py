from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine.mrr import KINDS, months
from .kor_report_figure_mixin import INVOICES
from .kor_report_measure_mixin import COSTS, SERVICE
from .kor_report_request_mixin import COMPONENT
from .kor_report_table import TOTAL

CUSTOMER = (*SERVICE, "sales_marketing")
# What each figure is made of; what has no sum of its own opens the records that it is worked out from.
SOURCES = {
    "recognised": ("profit", ("revenue",)),
    "invoiced": ("lines", "product"),
    **{category: ("cost", (category,)) for category in COSTS},
    "cost": ("cost", COSTS),
    "open": ("pool", None),
    **dict.fromkeys(("gross", "gross_percent"), ("profit", ("revenue", *SERVICE))),
    **dict.fromkeys(("contribution", "contribution_percent"), ("profit", ("revenue", *CUSTOMER))),
    **dict.fromkeys(("profit", "profit_percent"), ("profit", ("revenue", *COSTS))),
    **{kind: ("movement", (kind,)) for kind in KINDS},
    **dict.fromkeys(("mrr_opening", "arr_opening"), ("mrr", "before")),
    **dict.fromkeys(("mrr_closing", "arr_closing"), ("mrr", "until")),
    "quick_ratio": ("movement", tuple(kind for kind in KINDS if kind != "currency")),
    **{f"customers_{which}": ("customers", which) for which in ("opening", "new", "lost", "closing")},
    **dict.fromkeys(
        ("net_retention", "net_without_escalators", "gross_retention", "revenue_churn"), ("customers", "opening")
    ),
    **dict.fromkeys(("left_churn", "customer_churn"), ("customers", "lost")),
    **dict.fromkeys(("customer_months", "churn_month", "lifetime"), ("customers", "present")),
    "revenue_month": ("profit", ("revenue",)),
    "cost_month": ("cost", SERVICE),
    "earned": ("earned", ("revenue", *SERVICE)),
    **dict.fromkeys(("lifetime_value", "payback"), ("profit", ("revenue", *SERVICE))),
    **dict.fromkeys(("acquisition_cost", "value_to_cost"), ("cost", ("sales_marketing",))),
    "by_taxes": ("lines", "tax"),
    "cash": ("payments", None),
    "cohort": ("cohort", None),
}
# The model of each source; where it is not open to the reader, figures lead nowhere.
MODELS = {
    "profit": "kor.profit.line",
    "earned": "kor.profit.line",
    "cost": "kor.cost.allocation",
    "pool": "kor.cost.pool",
    "movement": "kor.mrr.movement",
    "mrr": "kor.mrr.movement",
    "customers": "res.partner",
    "cohort": "res.partner",
    "lines": "account.move.line",
    "payments": "account.move.line",
}
PATHS = {
    "tier": "tier_id",
    "plan": "plan_id",
    "customer": "partner_id.commercial_partner_id",
    "contract": "id",
    "account_manager": "account_manager_id",
    "country": "partner_id.commercial_partner_id.country_id",
}
# What is booked on a component; its costs and margins are parts that the report makes of those of contracts.
BY_COMPONENT = {"recognised"}


class KorReportDrillMixin(models.AbstractModel):
    """Lead from each figure of a report to the records that it is made of."""

    _name = "kor.report.drill.mixin"
    _description = "Records behind Figures"

    @api.readonly
    def action_drill(self, key, row_key=TOTAL):
        """Open the records that a figure is made of.

        :param key: the measure, such as recognised; or cohort
        :param row_key: the key of the row, such as 2026-01 or tier:5, else total; of a cohort 2026-01/3, its month and
            the months since
        :return: a window action
        """
        self.ensure_one()
        manager = self.env["kor.financial.report"]._check_reader()
        self.check_access("read")
        kind, what = SOURCES.get(key, (None, None)) if isinstance(key, str) else (None, None)
        if not kind:
            raise UserError(
                self.env._("“%(key)s” is no figure that leads to records: give the key of a measure.", key=key)
            )
        model = self._get_source(kind)
        if not model:
            raise AccessError(
                self.env._("The records behind this figure are not open to you: ask a member of Finance.")
            )
        if kind == "cohort":
            return self._open_source(key, model, [("id", "in", self._find_cohort(row_key))])
        first, last, contracts = self._get_row(row_key, manager)
        component = self._get_component_domain(key, row_key)
        if kind == "customers":
            return self._open_source(key, model, [("id", "in", self._find_customers(what, row_key))])
        domain = getattr(self, f"_get_{kind}_domain")(what, first, last, contracts)
        return self._open_source(key, model, [*domain, *component])

    def _open_source(self, key, model, domain):
        label = self.env["kor.financial.report"]._get_measures().get(key, {}).get("label")
        return {
            "type": "ir.actions.act_window",
            "name": label or self.env._("Customers"),
            "res_model": model,
            "views": [(False, "list"), (False, "form")],
            "domain": domain,
            "context": {"create": False, "active_test": False},
            "target": "current",
        }

    def _lay_out(self, result):
        """Return what the screen shows of a result, with links from figures to records that the reader may open."""
        linked = self._get_linked(result["measures"])
        of_rows = linked & BY_COMPONENT if self.group_by == COMPONENT else linked
        return self.env["kor.report.table"]._lay_out(result, linked, of_rows)

    def _get_linked(self, keys):
        """Return those of the measures whose records the reader may open."""
        return {key for key in keys if key in SOURCES and self._get_source(SOURCES[key][0])}

    @api.model
    def _get_source(self, kind):
        """Return the model behind a kind of figure, empty where it may not be read."""
        model = MODELS[kind]
        return model if self.env[model].has_access("read") else ""

    def _get_row(self, row_key, manager):
        """Return first and last day of a row, and the domain of the contracts in it."""
        self._check_row(row_key)
        domain = [("company_id", "=", self.company_id.id), ("state", "!=", "draft")]
        if manager:
            domain.append(("account_manager_id", "=", manager.id))
        first, last = self.date_from, self.date_to
        if row_key == TOTAL:
            return first, last, domain
        if self.group_by == "month":
            month = fields.Date.to_date(f"{row_key}-01")
            return max(first, month), min(last, fields.Date.end_of(month, "month")), domain
        if self.group_by == COMPONENT:
            return first, last, domain
        value = int(row_key.partition(":")[2]) or False
        return first, last, [*domain, (PATHS[self.group_by], "=", value)]

    def _get_component_domain(self, key, row_key):
        """Return what keeps to the records of the component of a row."""
        if self.group_by != COMPONENT or row_key == TOTAL:
            return []
        if key not in BY_COMPONENT:
            raise UserError(
                self.env._(
                    "What a component costs is its part of the costs of contracts: open the total, or show the report "
                    "by contract."
                )
            )
        return [("product_id", "=", int(row_key.partition(":")[2]) or False)]

    def _check_row(self, row_key):
        known = isinstance(row_key, str) and (
            row_key == TOTAL or row_key in self._get_month_keys()
            if self.group_by == "month"
            else row_key == TOTAL or row_key.startswith(f"{self.group_by}:") and row_key.partition(":")[2].isdecimal()
        )
        if not known:
            raise UserError(
                self.env._("“%(row)s” is no row of this report: give the key of one, or total.", row=row_key)
            )

    def _get_month_keys(self):
        return [f"{month:%Y-%m}" for month in months(self.date_from, fields.Date.add(self.date_to, days=1))]

    def _get_profit_domain(self, parts, first, last, contracts):
        costs = [part for part in parts if part != "revenue"]
        kinds = [("kind", "=", "revenue")]
        if costs:
            kinds = ["|", *kinds, ("category", "in", costs)]
        return [*self._get_common(contracts), *self._get_days("date", first, last), *kinds]

    def _get_earned_domain(self, parts, first, last, contracts):
        return self._get_profit_domain(parts, fields.Date.to_date("1900-01-01"), last, contracts)

    def _get_cost_domain(self, categories, first, last, contracts):
        days = self._get_days("date", first, last)
        return [*self._get_common(contracts), *days, ("category", "in", list(categories))]

    def _get_pool_domain(self, _what, first, last, _contracts):
        return [
            ("company_id", "=", self.company_id.id),
            ("role", "=", "operating"),
            *self._get_days("month", first.replace(day=1), last),
            ("open_amount", "!=", 0),
        ]

    def _get_movement_domain(self, kinds, first, last, contracts):
        return [*self._get_common(contracts), *self._get_days("date", first, last), ("kind", "in", list(kinds))]

    def _get_mrr_domain(self, moment, first, last, contracts):
        # All movements up to a day make the MRR of it.
        return [*self._get_common(contracts), ("date", "<", first) if moment == "before" else ("date", "<=", last)]

    def _get_lines_domain(self, display_type, first, last, contracts):
        return [
            ("company_id", "=", self.company_id.id),
            ("parent_state", "=", "posted"),
            ("move_id.move_type", "in", INVOICES),
            *self._get_days("move_id.invoice_date", first, last),
            ("display_type", "=", display_type),
            "|", ("kor_contract_id", "any", contracts),
            "&", ("kor_contract_id", "=", False), ("move_id.kor_contract_id", "any", contracts),
        ]  # fmt: skip

    def _get_payments_domain(self, _what, first, last, contracts):
        """Return what payments settled of invoices and credit notes of the contracts."""
        own = [("move_id.kor_contract_id", "any", contracts), ("move_id.move_type", "in", INVOICES)]
        return [
            ("company_id", "=", self.company_id.id),
            ("account_type", "=", "asset_receivable"),
            ("parent_state", "=", "posted"),
            *self._get_days("date", first, last),
            "|", ("move_id.origin_payment_id", "!=", False), ("move_id.statement_line_id", "!=", False),
            "|", ("matched_debit_ids.debit_move_id", "any", own), ("matched_credit_ids.credit_move_id", "any", own),
        ]  # fmt: skip

    def _get_common(self, contracts):
        return [("company_id", "=", self.company_id.id), ("contract_id", "any", contracts)]

    def _get_days(self, field, first, last):
        return [(field, ">=", first), (field, "<=", last)]

    def _find_customers(self, which, row_key):
        """Return the customers that a figure counts, as the report counts them."""
        only = ()
        if row_key != TOTAL:
            is_monthly = self.group_by == "month"
            only = (fields.Date.to_date(f"{row_key}-01") if is_monthly else int(row_key.partition(":")[2]) or None,)
        return self.env["kor.financial.report"]._list_customers(self._open_book(), which, only)

    def _find_cohort(self, row_key):
        """Return the customers of a cohort that are there after some months."""
        month, _slash, since = row_key.partition("/") if isinstance(row_key, str) else ("", "", "")
        try:
            first, age = fields.Date.to_date(f"{month}-01"), int(since)
        except ValueError:
            first, age = None, -1
        if not first or age < 0:
            raise UserError(
                self.env._(
                    "“%(row)s” is no part of a cohort: give its month and the months since, as 2026-01/3.", row=row_key
                )
            )
        return self.env["kor.financial.report"]._list_cohort(self._open_book(), first, age)

    def _open_book(self):
        report = self.env["kor.financial.report"]
        return report._open_book(str(self.date_from), str(self.date_to), self._get_options())
