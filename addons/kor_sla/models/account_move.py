from odoo import fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    sla_booking_ids = fields.One2many("kor.sla.booking", "move_id", string="SLA Credits")

    # EXTENDS account
    def _post(self, soft=True):
        posted = super()._post(soft)
        posted.sudo().sla_booking_ids._claim()  # as the slices of billing
        return posted

    # EXTENDS kor_billing
    def _release_kor(self):
        result = super()._release_kor()
        self.sudo().sla_booking_ids._release()  # as the slices of billing
        return result
