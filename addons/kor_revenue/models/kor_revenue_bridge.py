from odoo import api, fields, models

from .kor_revenue_bridge_step import DIFFERENCES, STEPS


class KorRevenueBridge(models.TransientModel):  # pylint: disable=no-wizard-in-models  # a report
    """Walk from recurring fees over what was invoiced, deferred and recognised to the cash of a period."""

    _name = "kor.revenue.bridge"
    _inherit = ["kor.revenue.bridge.mixin"]
    _description = "Revenue Bridge"

    date_from = fields.Date(string="From", required=True, default=lambda self: self._get_last_month()[0])
    date_to = fields.Date(string="To", required=True, default=lambda self: self._get_last_month()[1])
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        domain=lambda self: [("id", "in", self.env.companies.ids)],
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    step_ids = fields.One2many("kor.revenue.bridge.step", "bridge_id", string="Steps", readonly=True)

    @api.depends("date_from", "date_to")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for bridge in self:
            bridge.display_name = self.env._("From MRR to Cash")

    @api.model
    def _get_last_month(self):
        today = fields.Date.context_today(self)
        start = fields.Date.start_of(fields.Date.subtract(today, months=1), "month")
        return start, fields.Date.end_of(start, "month")

    def action_show(self):
        """Work out the steps, and show them.

        :return: True
        """
        self.ensure_one()
        found = self.env["kor.revenue.report"].bridge(str(self.date_from), str(self.date_to), self.company_id.id)
        values = []
        for step in found["steps"]:
            values += [
                {"key": one["key"], "name": one["name"], "explanation": one["explanation"], "difference": one["amount"]}
                for one in step["differences"]
                if one["amount"]
            ]
            values.append({"key": step["key"], "name": step["name"], "amount": step["amount"], "is_step": True})
        self.step_ids = [
            fields.Command.clear(),
            *(fields.Command.create({**one, "sequence": number}) for number, one in enumerate(values)),
        ]
        return True

    @api.model
    def _get_steps(self, company, first, last):
        """Return the steps, each the one before it plus its differences."""
        self.env.flush_all()
        figures = self.sudo()._get_figures(company, first, last)  # sums, for those too who read no journal
        rounded = company.currency_id.round
        steps, before = [], 0.0
        for step in STEPS:
            differences = [self._describe_difference(key, rounded(figures[key])) for key in DIFFERENCES[step]]
            amount = rounded(figures[step] if step == "mrr" else before + sum(one["amount"] for one in differences))
            steps.append({"key": step, "name": self._get_label(step), "amount": amount, "differences": differences})
            before = amount
        return steps

    @api.model
    def _get_figures(self, company, first, last):
        """Return each difference; what is known from two sides says the rest."""
        billed = self._get_invoiced(company, first, last)
        recognized = self._get_recognized(company, first, last)
        paid = self._get_receivable(company, first, last)
        by_what, by_where = {}, {}
        for (what, where), balance in billed.items():
            by_what[what] = by_what.get(what, 0.0) + balance
            by_where[where] = by_where.get(where, 0.0) + balance
        mrr = self._get_recurring(company, first, last)
        invoiced, deferred, direct = sum(by_what.values()), by_where.get("deferred", 0.0), by_where.get("direct", 0.0)
        revenue = recognized["revenue"] + direct
        settled = paid["cash"] + paid["settled"]
        return {
            "mrr": mrr,
            "timing": by_what.get("recurring", 0.0) - mrr,
            **{what: by_what.get(what, 0.0) for what in ("usage", "one_time", "prepaid", "by_hand")},
            "direct": -direct,
            "elsewhere": -by_where.get("elsewhere", 0.0),
            # Above 0: more was deferred than earned.
            "carried": recognized["revenue"] + recognized["exchange"] - deferred,
            "exchange": -recognized["exchange"],
            "direct_revenue": direct,
            "not_recognized": invoiced - revenue,
            "taxes": paid["asked"] - invoiced,
            "receivable": settled - paid["asked"],
            "settled": -paid["settled"],
        }

    @api.model
    def _describe_difference(self, key, amount):
        step_model = self.env["kor.revenue.bridge.step"]
        return {
            "key": key,
            "name": self._get_label(key),
            "amount": amount,
            "explanation": step_model._get_explanations()[key],
        }

    @api.model
    def _get_label(self, key):
        return dict(self.env["kor.revenue.bridge.step"]._fields["key"]._description_selection(self.env))[key]
