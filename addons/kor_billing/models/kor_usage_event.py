from odoo import api, models
from odoo.tools import SQL


class KorUsageEvent(models.Model):
    _inherit = "kor.usage.event"

    @api.model
    def _count(self, entries):
        fresh = super()._count(entries)
        if fresh:
            self._note_late_use({entry.contract_id for entry in entries}, min(entry.day for entry in entries))
        return fresh

    @api.model
    def _reverse(self, reversals, measures, outcome):
        result = super()._reverse(reversals, measures, outcome)
        self._note_late_use({reversal.agreement.id for reversal in reversals}, None)
        return result

    @api.model
    def _note_late_use(self, contract_ids, day):
        """Let billing look again at contracts whose use has changed in a period that is billed already.

        :param day: the first day of which use has changed; None where it is not known
        """
        if not contract_ids:
            return
        self.env["kor.billing.item"].flush_model(["contract_id", "charge_type", "state", "date_end"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE kor_contract SET needs_correction = true
                 WHERE id IN %s AND needs_correction IS NOT TRUE AND EXISTS (
                       SELECT FROM kor_billing_item item
                        WHERE item.contract_id = kor_contract.id AND item.charge_type = 'usage'
                          AND item.state = 'booked' AND item.date_end >= COALESCE(%s, item.date_end))
                """,
                tuple(contract_ids),
                day,
            )
        )
        if self.env.cr.rowcount:
            self.env["kor.contract"].invalidate_model(["needs_correction"])
