from odoo import api, models

CODES = {"opened": "ticket.opened", "resolved": "ticket.resolved"}


class ProjectTask(models.Model):
    _inherit = "project.task"

    # EXTENDS kor_sla
    @api.model
    def _add_events(self, happened):
        added = super()._add_events(happened)
        for kind, code in CODES.items():
            facts = {}
            for ticket, what, _values in happened:
                if what == kind and (contract := ticket.sudo().kor_contract_id):  # the customer may not read contracts
                    facts.setdefault(contract, []).append((ticket.sudo(), type(ticket)._get_kor_event_data))  # likewise
            self.env["kor.event"]._emit(code, facts)
        return added

    def _get_kor_event_data(self):
        """Return what the customer's systems are told of a ticket."""
        self.ensure_one()
        return {
            "number": self.ticket_number or "",
            "name": self.name or "",
            "state": self.ticket_state or "",
            "priority": self.ticket_priority or "",
        }
