from odoo import api, models

from ..tools.moments import write_moment


class KorSlaClock(models.Model):
    _inherit = "kor.sla.clock"

    @api.model_create_multi
    def create(self, vals_list):
        clocks = super().create(vals_list)
        clocks.filtered(lambda clock: clock.state == "breached")._emit_breached()
        return clocks

    def write(self, vals):
        fresh = self.filtered(lambda clock: clock.state != "breached") if vals.get("state") == "breached" else None
        result = super().write(vals)
        if fresh:
            fresh._emit_breached()
        return result

    def _emit_breached(self):
        facts = {
            contract: [(clock, type(clock)._get_event_data) for clock in clocks]
            for contract, clocks in self.grouped("contract_id").items()
        }
        self.env["kor.event"]._emit("sla.breached", facts)

    def _get_event_data(self):
        """Return what the customer's systems are told of a promised time that was missed."""
        self.ensure_one()
        clock = self.sudo()  # the ticket's number only
        return {
            "ticket": clock.task_id.ticket_number or "",
            "kind": clock.kind,
            "priority": clock.priority,
            "target_minutes": clock.target_minutes,
            "date_breached": write_moment(clock.date_breached),
        }
