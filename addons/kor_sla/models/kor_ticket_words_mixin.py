from odoo import models


class KorTicketWordsMixin(models.AbstractModel):
    """Say to customers how their tickets stand."""

    _name = "kor.ticket.words.mixin"
    _description = "Tickets in Words"

    def _describe_state(self):
        """Return in a sentence what happens with the ticket, and whose turn it is."""
        self.ensure_one()
        if self.ticket_state == "new":
            return self.env._("We have received the ticket. Nobody works on it yet.")
        if self.ticket_state == "in_progress":
            return self.env._("We work on it.")
        if self.ticket_state == "resolved":
            return self.env._("It is solved. If it is not, open it again or write below.")
        reason = self._get_pause().reason_id
        if reason.resumes_on_reply:
            return self.env._("It waits for you: %(reason)s. Write below, and it goes on.", reason=reason.name)
        return self.env._("It waits: %(reason)s.", reason=reason.name)

    def _get_promises_in_words(self):
        """Return the promised times for the customer, the earliest first."""
        kinds = dict(self.env["kor.sla.clock"]._fields["kind"]._description_selection(self.env))
        promises = []
        for clock in self.sla_clock_ids.sorted(lambda one: (one.date_start, one.id)):
            within = self.env["kor.sla.clock"]._describe_minutes(clock.target_minutes)
            if clock.calendar_id:
                within = self.env._("%(time)s of support hours", time=within)
            state, color = self._describe_promise(clock)
            promises.append(
                {
                    "kind": kinds[clock.kind],
                    "within": within,
                    "deadline": clock.deadline,
                    "date_stop": clock.date_stop,
                    "state": state,
                    "color": color,
                }
            )
        return promises

    def _describe_promise(self, clock):
        if clock.state == "breached":
            return (self.env._("Late"), "danger") if clock.date_stop else (self.env._("Overdue"), "danger")
        if clock.state == "met":
            return self.env._("In time"), "success"
        if clock.state == "paused":
            return self.env._("Paused"), "warning"
        return self.env._("Running"), "info"
