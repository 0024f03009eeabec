# The short name is that of the environment: pylint: disable=prefer-env-translation
from odoo import api, models

from ..engine.mrr import KINDS
from .kor_cost_setup_mixin import CATEGORIES

MRR = ("mrr_opening", *KINDS, "mrr_closing", "arr_opening", "arr_closing")
COSTS = tuple(key for key, _label in CATEGORIES)
# What it takes to serve customers.
SERVICE = ("infrastructure", "support")
MARGINS = ("gross", "gross_percent", "contribution", "contribution_percent", "profit", "profit_percent")
CUSTOMERS = ("customers_opening", "customers_new", "customers_lost", "customers_closing")
RETENTION = ("net_retention", "net_without_escalators", "gross_retention", "revenue_churn", "left_churn",
             "customer_churn")  # fmt: skip
LIFETIME = ("customers_new", "customer_months", "revenue_month", "cost_month", "churn_month", "earned", "lifetime",
            "lifetime_value", "acquisition_cost", "payback", "value_to_cost")  # fmt: skip


class KorReportMeasureMixin(models.AbstractModel):
    """Say what each measure of the reports is called, and how it is worked out."""

    _name = "kor.report.measure.mixin"
    _description = "Measures of Reports"

    @api.model
    def _get_measures(self):
        _ = self.env._
        labels = dict(self.env["kor.cost.pool"]._fields["category"]._description_selection(self.env))
        costs = {key: (labels[key], _("Costs of this kind that were allocated to contracts and booked in the period."))
                 for key, _label in CATEGORIES}  # fmt: skip
        every = {**self._get_revenue_measures(), **costs, **self._get_margin_measures(),
                 **self._get_churn_measures(), **self._get_lifetime_measures(),
                 **self._get_bridge_measures()}  # fmt: skip
        return {key: {"label": label, "formula": formula} for key, (label, formula) in every.items()}

    @api.model
    def _get_revenue_measures(self):
        _ = self.env._
        return {
            "recognised": (
                _("Recognised"),
                _("Revenue that closes booked in the period, and invoice lines that are revenue at once."),
            ),
            "invoiced": (_("Invoiced"), _("Lines of posted invoices of the period, less credit notes, without taxes.")),
            "mrr_opening": (
                _("MRR Before"),
                _("Monthly recurring revenue on the day before the period, at the rate of that month."),
            ),
            "new": (_("New"), _("MRR of customers that never had any before.")),
            "expansion": (_("Expansion"), _("What customers that had MRR agreed to pay more.")),
            "contraction": (_("Contraction"), _("What customers pay less and still have MRR.")),
            "churn": (_("Churn"), _("MRR of customers that have none afterwards, also for a pause.")),
            "reactivation": (_("Reactivation"), _("MRR of customers that had lost all of it and are back.")),
            "escalator": (_("Escalators"), _("Prices that follow an index or a clause.")),
            "currency": (_("Currency"), _("MRR carried into a month × (its rate − the rate of the month before).")),
            "mrr_closing": (
                _("MRR After"),
                _("MRR before + new + expansion + contraction + churn + reactivation + escalators + currency."),
            ),
            "arr_opening": (_("ARR Before"), _("12 × MRR before.")),
            "arr_closing": (_("ARR After"), _("12 × MRR after.")),
        }

    @api.model
    def _get_margin_measures(self):
        _ = self.env._
        return {
            "cost": (_("Costs"), _("Infrastructure + support + development + sales and marketing + overhead.")),
            "open": (
                _("Not Allocated"),
                _("What pools of months that the period touches hold beyond what is allocated; in no row."),
            ),
            "gross": (_("Gross Margin"), _("Recognised − infrastructure − support.")),
            "gross_percent": (_("Gross Margin %"), _("Gross margin ÷ recognised.")),
            "contribution": (_("Contribution"), _("Gross margin − sales and marketing.")),
            "contribution_percent": (_("Contribution %"), _("Contribution ÷ recognised.")),
            "profit": (_("Profit"), _("Contribution − development − overhead.")),
            "profit_percent": (_("Profit %"), _("Profit ÷ recognised.")),
        }

    @api.model
    def _get_churn_measures(self):
        _ = self.env._
        return {
            "customers_opening": (_("Customers Before"), _("Customers with MRR on the day before the period.")),
            "customers_new": (_("New Customers"), _("Customers whose first MRR came in the period.")),
            "customers_lost": (_("Lost Customers"), _("Customers before that have no MRR after the period.")),
            "customers_closing": (_("Customers After"), _("Customers with MRR on the last day.")),
            "customer_churn": (_("Customer Churn %"), _("Lost customers ÷ customers before.")),
            "revenue_churn": (_("Revenue Churn %"), _("100 % − gross revenue retention.")),
            "left_churn": (_("Churn of Lost Customers %"), _("MRR before of lost customers ÷ MRR before.")),
            "net_retention": (
                _("Net Retention %"),
                _("MRR after of the customers before ÷ MRR before, both at the rates of the beginning."),
            ),
            "net_without_escalators": (
                _("Net Retention Without Escalators %"),
                _("The same, less what escalators added."),
            ),
            "gross_retention": (
                _("Gross Retention %"),
                _("Σ of the lower of MRR before and after of each customer before ÷ MRR before."),
            ),
            "quick_ratio": (
                _("Quick Ratio"),
                _("(new + reactivation + expansion + escalators) ÷ (contraction + churn)."),
            ),
        }

    @api.model
    def _get_lifetime_measures(self):
        _ = self.env._
        return {
            "customer_months": (_("Customer Months"), _("Σ of the customers with MRR at the end of each month.")),
            "revenue_month": (_("Revenue a Month"), _("Recognised ÷ customer months.")),
            "cost_month": (_("Cost a Month"), _("(Infrastructure + support) ÷ customer months.")),
            "churn_month": (
                _("Churn a Month %"),
                _(
                    "Σ of the customers lost in each month ÷ Σ of those at its "
                    "beginning; of all customers where a row is one customer."
                ),
            ),
            "earned": (
                _("Earned so Far"),
                _("Recognised − infrastructure − support, of all times up to the last day."),
            ),
            "lifetime": (_("Lifetime (months)"), _("1 ÷ churn a month.")),
            "lifetime_value": (_("Lifetime Value"), _("(Revenue a month − cost a month) ÷ churn a month.")),
            "acquisition_cost": (_("Acquisition Cost"), _("Sales and marketing ÷ new customers.")),
            "payback": (_("Payback (months)"), _("Acquisition cost ÷ (revenue a month − cost a month).")),
            "value_to_cost": (_("Value to Cost"), _("Lifetime value ÷ acquisition cost.")),
        }
