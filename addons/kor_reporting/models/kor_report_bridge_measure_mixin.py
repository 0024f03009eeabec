# The short name is that of the environment: pylint: disable=prefer-env-translation
from odoo import api, models


class KorReportBridgeMeasureMixin(models.AbstractModel):
    """Say what the steps and differences of the bridge are called, and what is in them."""

    _name = "kor.report.bridge.measure.mixin"
    _description = "Measures of the Bridge"

    @api.model
    def _get_bridge_measures(self):
        return {
            **self._get_step_measures(),
            **self._get_revenue_differences(),
            **self._get_invoice_differences(),
            **self._get_cash_differences(),
        }

    @api.model
    def _get_step_measures(self):
        _ = self.env._
        return {
            "mrr_fees": (
                _("Recurring Fees"),
                _("MRR at the end of each month × the part of the month that is in the period."),
            ),
            "cash": (_("Cash"), _("What was paid in the period on invoices of contracts, less what was paid back.")),
            "rest_recognised": (
                _("Rest to Recognised"),
                _("What no difference explains, such as discounts that are spread, or months that are not closed."),
            ),
            "rest_invoiced": (
                _("Rest to Invoiced"),
                _("What no difference explains, such as lines on other accounts."),
            ),
            "rest_cash": (_("Rest to Cash"), _("What no difference explains, such as roundings.")),
        }

    @api.model
    def _get_revenue_differences(self):
        _ = self.env._
        return {
            "by_one_time": (_("One-time Fees"), _("Revenue of fees that are charged once, and of lines by hand.")),
            "by_usage": (_("Use"), _("Revenue of what customers used: it recurs, and is no part of the MRR.")),
            "by_commitments": (_("Commitments"), _("Revenue of minimum commitments.")),
            "by_proration": (
                _("Proration"),
                _("MRR of each day ÷ days of its month, less the recurring fees: contracts that begin, change or end "
                  "within a month."),
            ),
            "by_discounts": (_("Discounts"), _("Discounts that are no part of the MRR.")),
            "by_credits": (
                _("Credits"),
                _("Credit notes and credit on lines that are revenue at once; prepaid credit that expired."),
            ),
            "by_timing": (
                _("Other Months"),
                _("Recurring revenue of other months that was booked in these, less that of these that is booked in "
                  "others; where nothing is deferred, what was invoiced ahead or later."),
            ),
            "by_currency": (
                _("Rates of Invoices"),
                _("Recurring revenue at the rates at which it is booked, less the same at the rates of its months."),
            ),
        }  # fmt: skip

    @api.model
    def _get_invoice_differences(self):
        _ = self.env._
        return {
            "by_deferred": (_("Deferred"), _("What was billed ahead grew by, of contracts taken together.")),
            "by_released": (_("Released"), _("What was billed ahead before, and is earned.")),
            "by_accrued": (
                _("Accrued"),
                _("Below 0: earned and not billed yet. Above 0: billed, and earned before."),
            ),
            "by_prepaid": (
                _("Prepaid Credit"),
                _("Credit that was sold, less what was drawn and what expired."),
            ),
            "by_credit_notes": (_("Credit Notes"), _("Credit notes on what is deferred.")),
            "by_by_hand": (_("Lines by Hand"), _("Lines on what is deferred that billing did not make.")),
            "by_exchange": (_("Exchange"), _("What invoices differ, by their rate, from what was earned before them.")),
        }

    @api.model
    def _get_cash_differences(self):
        _ = self.env._
        return {
            "by_taxes": (_("Taxes"), _("Taxes on the invoices of the period, less those of its credit notes.")),
            "by_open": (_("Open"), _("What the invoices of the period ask for and was not settled by its end.")),
            "by_earlier": (_("Earlier Invoices"), _("Paid in the period on invoices from before it.")),
            "by_advance_payments": (
                _("Paid Ahead"),
                _("Paid in the period on later invoices, less what was paid before it on its own."),
            ),
            "by_refunds": (_("Paid Back"), _("Paid back in the period on credit notes of other periods.")),
            "by_write_offs": (_("Written Off"), _("Settled by entries, or by what payments wrote off.")),
            "by_settled": (_("Settled Otherwise"), _("Settled by credit notes, or by exchange differences.")),
        }
