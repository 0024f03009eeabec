from odoo import api, fields, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    sla_booking_ids = fields.One2many("kor.sla.booking", "move_line_id", string="SLA Credit")

    @api.depends("sla_booking_ids.explanation")
    def _compute_kor_explanation(self):
        return super()._compute_kor_explanation()

    @api.depends("sla_booking_ids")
    def _compute_kor_is_explained(self):
        return super()._compute_kor_is_explained()

    @api.ondelete(at_uninstall=False)
    def _unlink_sla_bookings(self):
        self.sudo().sla_booking_ids.unlink()  # a draft's line that is deleted was never credited, whoever deletes it

    # EXTENDS kor_billing
    def _get_kor_explained(self):
        return super()._get_kor_explained() or self.sla_booking_ids
