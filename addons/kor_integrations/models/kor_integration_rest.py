import base64
import binascii
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import MissingError, UserError
from odoo.fields import Domain
from odoo.tools import html2plaintext

from odoo.addons.kor_enterprise_tiers.engine.money import as_number
from odoo.addons.kor_enterprise_tiers.tools import parse_day

PAGE = 50
PAGE_AT_MOST = 200
DAYS = 30
DAYS_AT_MOST = 366
DAY = timedelta(days=1)
SHOWN_REPORTS = ("frozen", "sent")


class KorIntegrationRest(models.AbstractModel):
    """What keys read and write, as plain values: of one contract, that of the key, whatever they ask for."""

    _name = "kor.integration.rest"
    _description = "What Keys read and write"

    @api.model
    def _read_page(self, records, domain, given, describe):
        """Return a page of records, the newest first: a cursor says where the next one begins, empty on the last."""
        limit, before = self._read_limit(given.get("limit")), self._read_cursor(given.get("cursor"))
        if before:
            domain &= Domain("id", "<", before)
        found = records.search(domain, order="id desc", limit=limit + 1)
        shown = found[:limit]
        return {
            "data": [describe(record) for record in shown],
            "next": self._write_cursor(shown[-1].id) if len(found) > limit else "",
        }

    @api.model
    def _read_one(self, records, domain, id_):
        """Return the one record of the domain, or raise as if there were none of others."""
        # What PostgreSQL's integer columns hold.
        found = records.search(domain & Domain("id", "=", id_), limit=1) if id_ < 2**31 else records
        if not found:
            raise MissingError(self.env._("There is no such thing on this contract."))
        return found

    @api.model
    def _check_names(self, given, *names):
        for name in given:
            if name not in names:
                raise UserError(
                    self.env._(
                        "There is no “%(name)s” here; there are: %(names)s.", name=name, names=", ".join(names) or "–"
                    )
                )

    @api.model
    def _read_limit(self, value):
        if value in (None, ""):
            return PAGE
        if not (value.isascii() and value.isdecimal() and 1 <= int(value[:9]) <= PAGE_AT_MOST):
            raise UserError(
                self.env._("“limit” must be a number from 1 to %(most)s, not “%(value)s”.",
                           most=PAGE_AT_MOST, value=value)
            )  # fmt: skip
        return int(value)

    @api.model
    def _write_cursor(self, id_):
        return base64.urlsafe_b64encode(f"before:{id_}".encode()).decode()

    @api.model
    def _read_cursor(self, value):
        if value in (None, ""):
            return 0
        try:
            kind, _colon, number = base64.urlsafe_b64decode(value.encode()).decode().partition(":")
        except (ValueError, binascii.Error):
            kind = number = ""
        if kind == "before" and number.isascii() and number.isdecimal() and 0 < int(number[:11]) < 2**31:
            return int(number)
        raise UserError(self.env._("“cursor” is none of ours: take “next” of the page before as it is."))

    @api.model
    def _read_span(self, contract, given):
        """Return the first and the last day that are asked for: the last thirty days by default."""
        today = contract._get_today()
        days = {}
        for name, default in (("from", None), ("to", today)):
            value = given.get(name)
            days[name] = parse_day(value) if value else default
            if value and not days[name]:
                raise UserError(
                    self.env._("“%(name)s” must be a date written as YYYY-MM-DD, not “%(value)s”.",
                               name=name, value=value)
                )  # fmt: skip
        last = days["to"]
        first = days["from"] or last - DAY * (DAYS - 1)
        if last < first:
            raise UserError(self.env._("“to” lies before “from”: exchange them."))
        if (last - first).days >= DAYS_AT_MOST:
            raise UserError(self.env._("Ask for at most %(days)s days at once.", days=DAYS_AT_MOST))
        return first, last

    def _describe_key(self, key):
        contract = key.integration_id.contract_id
        return {
            "name": key.name,
            "integration": key.integration_id.name,
            "contract": contract.name,
            "scopes": key._get_scopes().mapped("code"),
            "expires": fields.Datetime.to_string(key.date_expires),
            "calls_a_minute": key.integration_id.rate_limit or contract.api_rate_limit,
        }

    def _describe_contract(self, contract):
        plain = fields.Date.to_string
        return {
            "id": contract.id,
            "number": contract.name,
            "state": contract.state,
            "tier": contract.tier_id.code or "",
            "plan": contract.plan_id.name or "",
            "term": contract.term,
            "date_start": plain(contract.date_start),
            "date_end": plain(contract.date_end_effective) or "",
            "auto_renew": contract.auto_renew,
            "currency": contract.currency_id.name,
            "lines": [
                {
                    "id": line.id,
                    "name": line.name,
                    "charge_type": line.charge_type,
                    "metric": line.metric_id.code or "",
                    "quantity": line.quantity,
                    "unit_price": line.unit_price,
                    "billing_months": line.billing_months,
                    "timing": line.timing,
                    "date_start": plain(line.date_start) or "",
                    "date_end": plain(line.date_end) or "",
                }
                for line in contract.line_ids
            ],
        }

    def _get_invoice_domain(self, contract):
        """Return the posted invoices of the contract that are the customer's: one may bill several contracts."""
        customer = contract.partner_id.commercial_partner_id | contract.partner_invoice_id.commercial_partner_id
        return (
            Domain("kor_contract_ids", "in", contract.ids)
            & Domain("state", "=", "posted")
            & Domain("move_type", "in", ("out_invoice", "out_refund"))
            & Domain("commercial_partner_id", "in", customer.ids)
        )

    def _read_invoices(self, contract, given):
        self._check_names(given, "limit", "cursor")
        return self._read_page(
            self.env["account.move"], self._get_invoice_domain(contract), given, self._describe_invoice
        )

    def _read_invoice(self, contract, invoice_id):
        return self._read_one(self.env["account.move"], self._get_invoice_domain(contract), invoice_id)

    def _describe_invoice(self, move):
        plain = fields.Date.to_string
        return {
            "id": move.id,
            "number": move.name,
            "type": "invoice" if move.move_type == "out_invoice" else "credit_note",
            "contracts": move.kor_contract_ids.mapped("name"),
            "date": plain(move.invoice_date),
            "date_due": plain(move.invoice_date_due) or "",
            "period_from": plain(move.kor_date_from) or "",
            "period_to": plain(move.kor_date_to) or "",
            "currency": move.currency_id.name,
            "amount_untaxed": move.amount_untaxed,
            "amount_tax": move.amount_tax,
            "amount_total": move.amount_total,
            "amount_residual": move.amount_residual,
            "payment_state": move.payment_state,
        }

    def _describe_whole_invoice(self, move):
        return {
            **self._describe_invoice(move),
            "lines": [
                {
                    "name": line.name or "",
                    "quantity": line.quantity,
                    "unit_price": line.price_unit,
                    "discount": line.discount,
                    "amount_untaxed": line.price_subtotal,
                    "amount_total": line.price_total,
                    "explanation": explained.explanation or {},
                }
                for line, explained in move._get_kor_portal_lines()
            ],
        }

    def _render_invoice(self, move):
        """Return the name and the content of the invoice's PDF, the one that was sent where there is one."""
        document = move._get_invoice_legal_documents("pdf", allow_fallback=True)
        return document["filename"], document["content"]

    def _read_usage(self, contract, given):
        """Return what was used on each day of a span, of each metric of which something was reported."""
        self._check_names(given, "from", "to", "metric")
        first, last = self._read_span(contract, given)
        metrics = contract._get_usage_metrics()
        if code := given.get("metric"):
            codes = metrics.mapped("code")
            if code not in codes:
                raise UserError(
                    self.env._("There is no metric “%(metric)s” on this contract; there are: %(metrics)s.",
                               metric=code, metrics=", ".join(codes) or "–")
                )  # fmt: skip
            metrics = metrics.filtered(lambda metric: metric.code == code)
        series = [(contract, metric, "") for metric in metrics]
        meters = self.env["kor.usage.rollup"]._read_meters(series, first, last + DAY)
        days = [first + DAY * number for number in range((last - first).days + 1)]
        return {
            "from": fields.Date.to_string(first),
            "to": fields.Date.to_string(last),
            "data": [
                row for day in days for (_contract, metric, _all), meter in meters.items()
                if (row := self._describe_usage(metric, meter, day))
            ],
        }  # fmt: skip

    def _describe_usage(self, metric, meter, day):
        reading = meter.read(day, day + DAY)
        if not reading.reported:
            return {}
        return {
            "day": fields.Date.to_string(day),
            "metric": metric.code,
            "unit": metric.unit or "",
            "quantity": as_number(reading.quantity),
            "events": int(reading.events),
        }

    def _get_ticket_domain(self, contract):
        return Domain("kor_contract_id", "=", contract.id) & Domain("ticket_number", "!=", False)

    def _read_tickets(self, contract, given):
        self._check_names(given, "limit", "cursor", "state")
        domain = self._get_ticket_domain(contract)
        if state := given.get("state"):
            states = self.env["project.task"]._fields["ticket_state"].get_values(self.env)
            if state not in states:
                raise UserError(
                    self.env._("A ticket is not “%(state)s”; use one of: %(states)s.",
                               state=state, states=", ".join(states))
                )  # fmt: skip
            domain &= Domain("ticket_state", "=", state)
        return self._read_page(self.env["project.task"], domain, given, self._describe_ticket)

    def _read_ticket(self, contract, ticket_id):
        return self._read_one(self.env["project.task"], self._get_ticket_domain(contract), ticket_id)

    def _describe_ticket(self, ticket):
        return {
            "id": ticket.id,
            "number": ticket.ticket_number,
            "name": ticket.name,
            "state": ticket.ticket_state,
            "priority": int(ticket.ticket_priority or 0),
            "requester": ticket.partner_id.name or "",
            "created": fields.Datetime.to_string(ticket.create_date),
            "deadline": fields.Datetime.to_string(ticket.sla_deadline) or "",
        }

    def _describe_whole_ticket(self, ticket):
        values = ticket._get_ticket_values()
        return {
            **self._describe_ticket(ticket),
            "description": html2plaintext(ticket.description or ""),
            "state_text": ticket._describe_state(),
            "clocks": values["clocks"],
        }

    def _open_ticket(self, key, values):
        """Open a ticket by a key: it comes by the API, and is asked for by the integration's contact by default."""
        integration = key.integration_id
        contract = integration.contract_id
        if not isinstance(values, dict):
            raise UserError(self.env._("A ticket is given by its name and more, such as {“name”: “Cannot log in”}."))
        if "channel" in values:
            raise UserError(self.env._("A ticket that comes here has no “channel”: it is the API."))
        requester = values.get("requester") or integration.owner_id.id or False
        values = contract._read_ticket_input({**values, "requester": requester, "channel": "api"})
        contract._check_requester(self.env["res.partner"].browse(values["partner_id"]))
        return contract._open_ticket(values)

    def _get_report_domain(self, contract):
        return (
            Domain("contract_id", "=", contract.id)
            & Domain("state", "in", SHOWN_REPORTS)
            & Domain("is_current", "=", True)
        )

    def _read_reports(self, contract, given):
        self._check_names(given, "limit", "cursor")
        return self._read_page(
            self.env["kor.sla.report"], self._get_report_domain(contract), given, self._describe_report
        )

    def _read_report(self, contract, report_id):
        return self._read_one(self.env["kor.sla.report"], self._get_report_domain(contract), report_id)

    def _describe_report(self, report):
        return {
            "id": report.id,
            "name": report.name,
            "month": report.month.strftime("%Y-%m"),
            "revision": report.revision,
            "uptime": report.uptime,
            "uptime_target": report.uptime_target,
            "targets": report.target_count,
            "missed": report.missed_count,
            "credit": report.credit_amount,
            "currency": report.currency_id.name,
        }

    def _describe_whole_report(self, report):
        return {**self._describe_report(report), "figures": report.figures or {}}
