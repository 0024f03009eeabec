from datetime import timedelta

from odoo import SUPERUSER_ID, fields, models

AMOUNTS = ("amount", "tax_amount", "total")


class KorContractEstimateMixin(models.AbstractModel):
    """Tell what the next invoice would be if nothing more were used, and show such lines on screen."""

    _name = "kor.contract.estimate.mixin"
    _description = "Estimate of the Next Invoice"

    def estimate_invoice(self):
        """Tell what the next invoice would be if nothing more were used, explained line by line.

        The running period of what is charged by use is in it with the use so far.

        :return: a dict with date_from, date_to, lines as of `preview_invoice`, amount, tax_amount, total, currency
        """
        self.ensure_one()
        self.check_access("read")
        return self._get_estimate()

    def _get_estimate(self):
        """Return the estimate; the caller has checked that the contract may be read."""
        self.ensure_one()
        days = [fields.Date.to_string(day) for day in self._get_estimate_dates()]
        # As superuser: the customer may see the estimate of the own contract, and previews are for staff.
        lines = self.with_user(SUPERUSER_ID).preview_invoice(*days)
        rounded = self.sudo().currency_id.round  # a customer may not read currencies that are not in use
        totals = {key: rounded(sum(line[key] for line in lines)) for key in AMOUNTS}
        return {
            "contract": self.name,
            "date_from": days[0],
            "date_to": days[1],
            "lines": lines,
            **totals,
            "currency": self.sudo().currency_id.name,  # a customer may not read every currency
        }

    def _get_estimate_dates(self):
        """Return the first and the last day of the next invoice that bills the running use.

        Use is billed on the day after its period, on which the advance charges of the next one fall due as well.
        """
        contract_sudo = self.sudo()  # its lines and dates only, of a contract that the caller may read
        today = contract_sudo._get_reference_day()
        days = [today, contract_sudo.next_billing_date or today]
        settled = [contract_sudo._get_settling_day(line, today) for line in contract_sudo.line_ids]
        days.append(min((day for day in settled if day), default=today))
        return contract_sudo.date_start, max(days)

    def _get_settling_day(self, line, today):
        """Return the day on which the running use of a line can be billed, False where it measures nothing now."""
        if line.charge_type != "usage" or not line._runs_at(today):
            return False
        ends = [day + timedelta(days=1) for day in (line.date_end, self.date_end_effective) if day]
        return min([line._get_period_at(today).end, *ends])

    def _prepare_shown_lines(self, lines):
        """Return preview lines with the item that each would be booked as, which puts its explanation into words."""
        own_lines = {line.id: line for line in self.line_ids}
        return [self._prepare_shown_line(line, own_lines.get(line["line_id"])) for line in lines]

    def _prepare_shown_line(self, line, own):
        """Return one line; what is not charged by a line of the contract, such as a credit, has no own one."""
        # The period has a column of its own.
        own_name = own.name if own else ""
        name = own_name if own_name and line["name"].startswith(own_name) else line["name"]
        item = self.env["kor.billing.item"].new(
            {
                "name": name,
                "contract_id": line["contract_id"],
                "currency_id": self.currency_id.id,
                "date_start": line["date_from"],
                "date_end": line["date_to"],
                "explanation": line["explanation"],
            }
        )
        facts = line["explanation"] or {}
        return {
            **line,
            "item": item,
            "quantity": item._format_number(line["quantity"]),
            "is_correction": bool(facts.get("booked_before")),
            "is_unread": not facts.get("reported", True),
            "is_average": bool(own) and own.charge_type == "usage" and own.metric_id.aggregation == "time_weighted",
        }

    def _get_preview_values(self, lines):
        """Return what the template of invoice lines shows, for lines as of `preview_invoice`."""
        self.ensure_one()
        return {
            "lines": self._prepare_shown_lines(lines),
            "totals": {key: sum(line[key] for line in lines) for key in AMOUNTS},
            "money": {"widget": "monetary", "display_currency": self.currency_id},
        }

    def _get_estimate_values(self):
        """Return what the customer's page shows of the estimate."""
        estimate = self._get_estimate()
        return {
            **self._get_preview_values(estimate["lines"]),
            "totals": {key: estimate[key] for key in AMOUNTS},
            "date_to": fields.Date.to_date(estimate["date_to"]),
            # What falls due on different days is not billed together.
            "is_one_invoice": len({line["due"] for line in estimate["lines"]}) < 2,
        }
