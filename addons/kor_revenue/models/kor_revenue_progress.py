from fractions import Fraction

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal

from ..engine import delivery


class KorRevenueProgress(models.Model):
    """A fact: from a day on, so much of a promise is kept. A correction is another fact of the same day, or a later."""

    _name = "kor.revenue.progress"
    _inherit = ["kor.input.mixin"]
    _description = "Progress of a Performance Obligation"
    _order = "date, id"
    _rec_name = "milestone"

    schedule_id = fields.Many2one("kor.revenue.schedule", required=True, index=True, ondelete="restrict")
    contract_id = fields.Many2one(related="schedule_id.contract_id", store=True, index=True)
    company_id = fields.Many2one(related="schedule_id.company_id", store=True)
    date = fields.Date(required=True, default=fields.Date.context_today)
    progress = fields.Float(
        string="Progress (%)", required=True, digits=(16, 4), min_display_digits=0,
        help="How much of the whole is kept from this day on, all earlier progress included.",
    )  # fmt: skip
    milestone = fields.Char(help="What was reached, and where that can be seen.")

    @api.constrains("progress", "schedule_id")
    def _check_progress(self):
        for fact in self:
            if not 0 <= fact.progress <= 100:
                raise ValidationError(self.env._("Progress lies between 0 and 100 %%, not %(n)s.", n=fact.progress))
            if fact.schedule_id.method != "progress":
                raise ValidationError(
                    self.env._(
                        "“%(name)s” is earned otherwise: progress is noted on what is earned by progress.",
                        name=fact.schedule_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        facts = super().create(vals_list)
        facts.contract_id._mark_revenue_stale()
        return facts

    def write(self, vals):
        if {"schedule_id", "date", "progress"} & set(vals):
            raise UserError(
                self.env._("Progress that was noted is kept as evidence: note what is right with the same date.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_evidence(self):
        raise UserError(self.env._("Progress that was noted is kept as evidence: note what is right instead."))

    def _get_engine_fact(self):
        self.ensure_one()
        return delivery.Progress(self.date, Fraction(to_decimal(self.progress)) / 100)
