from odoo import models
from odoo.tools import format_date


class KorSlaCreditBookMixin(models.AbstractModel):
    """Book credits: by the contract's next billing, or at once."""

    _name = "kor.sla.credit.book.mixin"
    _description = "Booking of SLA Credits"

    def action_book(self):
        """Make the credit notes now, instead of with the contracts' next billing.

        :return: an action on the credit notes, or a notification where there is none to make
        """
        self.env["kor.contract"]._check_can_bill()
        self.check_access("read")
        notes = self.contract_id.sudo()._book_sla_credits_now()  # who may bill need not read all of a contract
        if not notes:
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "info",
                    "message": self.env._(
                        "No credit note was made: nothing is approved, or no invoice is left to give it back from."
                    ),
                },
            }
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_refund_type")
        return {**action, "domain": [("id", "in", notes.ids)], "context": {"create": False}}

    def _adjust(self, amount, reason, user):
        """Raise a credit beside its report; whoever settles a dispute approves it."""
        self.ensure_one()
        self.write(
            {
                "adjustment": self.adjustment + amount,
                "adjustment_reason": "\n".join(text for text in (self.adjustment_reason, reason) if text),
                "is_declined": False,
            }
        )
        self._approve(user)

    def _set_off(self):
        """Let what was booked too much lower credits that are still to book, the oldest first."""
        lowered = self.filtered(lambda credit: credit.open_amount < 0).sorted("month")
        raised = self.filtered(lambda credit: credit.open_amount > 0).sorted("month")
        values, left = [], {credit: credit.open_amount for credit in raised}
        for over in lowered:
            excess = -over.open_amount
            for credit in raised:
                taken = over.currency_id.round(min(excess, left[credit]))
                if taken <= 0:
                    continue
                excess -= taken
                left[credit] -= taken
                values += [
                    {"credit_id": credit.id, "amount": taken, "offset_id": over.id},
                    {"credit_id": over.id, "amount": -taken, "offset_id": credit.id},
                ]
        self.env["kor.sla.booking"].create(values)

    def _describe_for_invoice(self, item):
        """Return a credit as a line of a credit note names it."""
        self.ensure_one()
        month = format_date(self.env, self.month, date_format="MMMM yyyy")
        claims = [
            claim
            for part in (self.explanation or {})["service_credit"]["parts"]
            for claim in part["claims"]
            if claim["kind"] == self.kind
        ]
        values = {"month": month, "fee": item.name, "count": len(claims)}
        if self.kind == "uptime" and claims:
            return self.env._(
                "%(fee)s: service credit for %(month)s, uptime %(actual)s %% instead of %(target)s %%, %(percent)s %%",
                actual=self._format_number(round(claims[-1]["actual"], 6)),
                target=self._format_number(claims[-1]["target"]),
                percent=self._format_number(claims[-1]["percent"]),
                **values,
            )
        if self.kind == "response" and claims:
            return self.env._("%(fee)s: service credit for %(month)s, %(count)s late answers", **values)
        if self.kind == "resolution" and claims:
            return self.env._("%(fee)s: service credit for %(month)s, %(count)s late resolutions", **values)
        return self.env._("%(fee)s: service credit for %(month)s", **values)

    def _describe_state(self):
        """Return the state of a credit as the customer reads it."""
        self.ensure_one()
        words = {
            "proposed": self.env._("being checked"),
            "approved": self.env._("comes with your next invoice"),
            "booked": self.env._("given"),
            "disputed": self.env._("disputed"),
            "declined": self.env._("declined: %(reason)s", reason=self.decline_reason or "–"),
            "void": self.env._("nothing due"),
        }
        return words[self.state]

    def _get_told_moves(self):
        """Return the credit notes that the customer has."""
        moves = self.booking_ids.filtered(lambda one: one.state == "booked").move_id
        return moves.filtered(lambda move: move.state == "posted")
