from collections import defaultdict

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO

from ..engine import delivery

CHUNK = 200


class KorRevenueClosePreviewMixin(models.AbstractModel):
    """Say before a close what it would book; nothing is booked."""

    _name = "kor.revenue.close.preview.mixin"
    _description = "Preview of a Close"

    line_ids = fields.One2many("kor.revenue.close.line", "close_id", string="Preview", readonly=True)
    date_previewed = fields.Datetime(string="Previewed", readonly=True, copy=False)
    preview_html = fields.Html(string="What would be booked", compute="_compute_preview_html", sanitize=False)

    warning = fields.Text(compute="_compute_warning")

    @api.depends("date_to", "company_id", "state")
    def _compute_warning(self):
        for close in self:
            close.warning = "\n".join(close._get_warnings()) if close.date_to and close.state != "locked" else False

    @api.depends("date_previewed", "line_ids")
    @api.depends_context("lang")
    def _compute_preview_html(self):
        for close in self:
            rows = close._get_preview_rows() if close.date_previewed else {}
            values = {"close": close, "currency": close.company_id.currency_id, **rows}
            close.preview_html = rows and self.env["ir.qweb"]._render("kor_revenue.close_preview", values)

    def _get_warnings(self):
        """Return sentences about what is unusual about the day. Extensible."""
        found = []
        today, last = fields.Date.context_today(self), self.date_to + relativedelta(day=31)
        if self.date_to > today:
            found.append(
                self.env._(
                    "%(day)s lies in the future: fees are booked as if all went on as agreed, and use that is not "
                    "reported yet is missing. What differs then is booked by the next close.",
                    day=format_date(self.env, self.date_to),
                )
            )
        if self.date_to != last:
            found.append(
                self.env._(
                    "%(day)s is not the end of a month: only what is earned by then is booked, the rest of the month "
                    "by the next close.",
                    day=format_date(self.env, self.date_to),
                )
            )
        return found

    def _get_preview_rows(self):
        """Return the totals of the preview: by month and kind, the customers with the largest sums, and the reasons."""
        lines = self.env["kor.revenue.close.line"]
        domain = [("close_id", "=", self._origin.id), ("reason", "=", False)]
        labels = dict(lines._fields["kind"]._description_selection(self.env))
        months = defaultdict(dict)
        for day, kind, balance in lines._read_group(domain, ["date:month", "kind"], ["balance:sum"]):
            months[fields.Date.to_date(day)][kind] = balance
        earned = [*domain, ("kind", "in", ("revenue", "breakage"))]
        customers = lines._read_group(earned, ["partner_id"], ["balance:sum"], order="balance:sum desc", limit=10)
        return {
            "kinds": [(kind, label) for kind, label in labels.items() if any(kind in one for one in months.values())],
            "months": sorted(months.items()),
            "customers": customers,
            "late": sum(lines._read_group([*earned, ("is_late", "=", True)], [], ["balance:sum"])[0]) or 0.0,
            "failed": lines.search([("close_id", "=", self._origin.id), ("reason", "!=", False)]),
        }

    def action_preview(self):
        """Work out what the close would book, contract by contract. Nothing is booked.

        :return: True
        """
        self.ensure_one()
        self._check_can_close()
        if self.state == "locked":
            raise UserError(self.env._("The close is locked: nothing more is booked by it."))
        self._check_ready()
        self._preview()
        return True

    def action_open_preview(self):
        """Open the lines of the preview.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_revenue.kor_revenue_close_line_action")
        return {**action, "domain": [("close_id", "=", self.id)]}

    def _preview(self):
        lines_sudo = self.env["kor.revenue.close.line"].sudo()  # written by the preview only
        lines_sudo.search([("close_id", "=", self.id)]).unlink()
        found = self._get_contracts_to_close().ids
        for start in range(0, len(found), CHUNK):
            # A chunk at a time, and forgotten then: a large company does not fit into memory at once.
            some = self.env["kor.contract"].sudo().browse(found[start : start + CHUNK])  # as they are booked
            lines_sudo.create(self._prepare_preview_lines(some.with_company(self.company_id)))
            lines_sudo.flush_model()
            self.env.invalidate_all()
        self._write_engine({"date_previewed": fields.Datetime.now()})

    def _prepare_preview_lines(self, contracts):
        """Return the values of the lines of some contracts; one that fails has its reason."""
        savepoint = self.env.cr.savepoint(flush=True)
        try:
            due = contracts._get_due_revenue(self.date_to)
            return self._sum_lines(due, contracts._get_positions(due, self.date_to))
        except (UserError, ValueError) as error:
            reason = str(error)
        finally:
            # Months that were written on the way are taken back.
            savepoint.close(rollback=True)
        if len(contracts) == 1:
            currency = contracts.currency_id.id
            head = {"close_id": self.id, "contract_id": contracts.id, "partner_id": contracts.partner_id.id}
            return [{**head, "currency_id": currency, "date": self.date_to, "reason": reason}]
        middle = len(contracts) // 2
        halves = (contracts[:middle], contracts[middle:])
        return [values for half in halves for values in self._prepare_preview_lines(half)]

    def _sum_lines(self, due, positions):
        sums = defaultdict(lambda: [ZERO, ZERO])
        for row in due:
            schedule = row["schedule"]
            self._add(
                sums, (schedule.contract_id, schedule.kind, row["month"], row["date"]), row["amount"], row["balance"]
            )
        for row in positions:
            kind = "unbilled" if row["group"] == "usage" else "asset"
            place = (row["contract"], kind, row["month"], row["date"])
            self._add(sums, place, row["amount"], row["balance"])
            self._add(sums, (row["contract"], "exchange", *place[2:]), ZERO, row["exchange"])
        return [
            self._prepare_preview_line(*key, float(amount), float(balance))
            for key, (amount, balance) in sums.items()
            if amount or balance
        ]

    @api.model
    def _add(self, sums, key, amount, balance):
        sums[key][0] += amount
        sums[key][1] += balance

    def _prepare_preview_line(self, contract, kind, month, date, amount, balance):
        return {
            "close_id": self.id,
            "contract_id": contract.id,
            "partner_id": contract.partner_id.commercial_partner_id.id,
            "currency_id": contract.currency_id.id,
            "kind": kind,
            "month": month,
            "date": date,
            "is_late": month < delivery.month_of(date),
            "amount": amount,
            "balance": balance,
        }
