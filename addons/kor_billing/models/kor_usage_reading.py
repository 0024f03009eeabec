from odoo import api, models


class KorUsageReading(models.Model):
    _inherit = "kor.usage.reading"

    @api.model
    def _note_changed_use(self, contract_ids, day):
        result = super()._note_changed_use(contract_ids, day)
        self.env["kor.usage.event"]._note_late_use(contract_ids, day)
        return result
