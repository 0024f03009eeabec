from odoo import fields, models


class KorContractChange(models.Model):
    """The go-live: fees that wait for it begin."""

    _inherit = "kor.contract.change"

    kind = fields.Selection(selection_add=[("go_live", "Go-live")], ondelete={"go_live": "cascade"})

    def _find_go_live_problem(self):
        if self.contract_id._get_waiting_lines(self.amendment_id.date_effective):
            return ""
        return self.env._("no fee of the contract waits for a go-live on that day.")

    def _apply_go_live(self, day):
        """Let each line that waits begin on the day; what follows it stays as it is agreed."""
        for line in self.contract_id._get_waiting_lines(day):
            self._go_on(line, day, {})

    def _is_on_whole(self):
        """Tell whether the change holds for the whole contract and not for the lines that run on its day."""
        return self.kind == "discount" and not self.line_id and not self.periods
