from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.kor_enterprise_tiers.tools import open_form

from ..engine import delivery


class KorRevenueItem(models.Model):
    """A booked slice: what of a schedule's month stands in the ledger, where, and why. Never edited, only followed."""

    _name = "kor.revenue.item"
    _inherit = ["kor.revenue.explanation", "kor.revenue.calendar.month"]
    _description = "Recognised Revenue"
    _order = "date desc, id desc"
    _rec_name = "schedule_id"

    schedule_id = fields.Many2one("kor.revenue.schedule", required=True, readonly=True, index=True, ondelete="restrict")
    contract_id = fields.Many2one("kor.contract", required=True, readonly=True, index=True, ondelete="restrict")
    kind = fields.Selection(related="schedule_id.kind", store=True)
    partner_id = fields.Many2one(related="schedule_id.partner_id", store=True)
    product_id = fields.Many2one(related="schedule_id.product_id", store=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    company_currency_id = fields.Many2one(related="company_id.currency_id", store=True, string="Company Currency")
    month = fields.Date(string="Earned in", required=True, readonly=True, help="The first day of the month.")
    date = fields.Date(
        string="Booked on",
        required=True,
        readonly=True,
        help="Later than the month it was earned in where that was closed already.",
    )
    revision = fields.Integer(readonly=True, help="0: the month's first booking. Above: what changed since.")
    amount = fields.Monetary(readonly=True)
    balance = fields.Monetary(
        string="In Company Currency", currency_field="company_currency_id", readonly=True, aggregator="sum"
    )
    move_id = fields.Many2one("account.move", string="Journal Entry", readonly=True, index=True, ondelete="restrict")

    close_id = fields.Many2one(related="move_id.kor_revenue_close_id", store=True, index="btree_not_null")
    is_late = fields.Boolean(
        string="Booked Later",
        compute="_compute_is_late",
        store=True,
        help="The month in which it was earned was closed when it became known: it stands in a later one.",
    )

    _newest_index = models.Index("(date, contract_id)")
    _slice_unique = models.UniqueIndex(
        "(schedule_id, month, revision)", "This month of the schedule is booked already."
    )

    @api.depends("month", "date")
    def _compute_is_late(self):
        for item in self:
            item.is_late = delivery.month_of(item.date) > item.month

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise UserError(self.env._("Revenue is recognised by closing a month: recognize_revenue(date_to)."))
        return super().create(vals_list)

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("What is recognised is never edited: what changes is booked as a difference."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_booked(self):
        raise UserError(self.env._("What is recognised is never deleted: what changes is booked as a difference."))

    def action_open_move(self):
        """Open the journal entry.

        :return: a window action
        """
        self.ensure_one()
        return open_form(self.move_id)
