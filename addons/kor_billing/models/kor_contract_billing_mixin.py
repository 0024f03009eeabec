import itertools
from datetime import timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from odoo.addons.kor_contracts.engine.errors import ENGINE_ERRORS
from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal

from ..engine import billing
from .kor_billing_parking import BillingParked
from .kor_contract_bounds_mixin import Bounded


class KorContractBillingMixin(models.AbstractModel):
    """Bill contracts: bring the books to the target of the engine, and nothing else."""

    _name = "kor.contract.billing.mixin"
    _description = "Contract Billing"

    def preview_invoice(self, date_from, date_to):
        """Tell what `generate_invoice` would bill for a period, explained, and write nothing.

        :param date_from: first day of the period as YYYY-MM-DD
        :param date_to: last day, inclusive
        :return: a list of lines with name, period, quantity, amount, tax_amount, total, explanation
        """
        self.check_access("read")
        self._check_is_staff()
        window = self._parse_window(date_from, date_to)
        open_slices = self._get_open_slices(window)
        return [line for contract, slices in open_slices.items() for line in contract._prepare_preview(slices)]

    def generate_invoice(self, date_from, date_to, anyway=False):
        """Bill what is due in a period and not yet billed: one invoice per contract.

        Asked twice, or from two sides at once, it bills once. What a billing run would park for a safety bound
        stays a draft with the reason, for somebody to look at, unless the caller has.

        :param date_from: first day of the period as YYYY-MM-DD
        :param date_to: last day, inclusive
        :param anyway: true to post also what goes past a safety bound; the contract notes who did
        :return: the ids of the invoices, empty where nothing is due
        """
        self._check_can_bill()
        # Only the plain value passes: a text such as "no" is none.
        bounded = Bounded(is_held=anyway is not True)
        moves = self.with_context(kor_bounded=bounded)._bill(self._parse_window(date_from, date_to))
        if bounded.reasons:
            self._tell_bounded(moves, bounded)
        self.sudo()._clear_billing_error()  # who may bill need not be allowed to change contracts
        return moves.ids

    def _check_is_staff(self):
        if not self.env.user._is_internal():
            raise AccessError(
                self.env._("Only staff can preview an invoice. Your contract's page shows what is billed.")
            )

    def _check_can_bill(self):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("kor_billing.group_kor_billing_user"):
            raise AccessError(
                self.env._("Only members of KOR Enterprise › Billing can bill contracts. Ask for that access.")
            )

    def _parse_window(self, date_from, date_to):
        """Return the engine's window, or raise where it is none or lies outside one of the contracts."""
        first, last = self._parse_date(date_from, "date_from"), self._parse_date(date_to, "date_to")
        if last < first:
            raise UserError(
                self.env._(
                    "The period ends on %(last)s, before it starts on %(first)s. Give date_from first, then date_to.",
                    first=first,
                    last=last,
                )
            )
        for contract in self:
            end = contract.date_end_effective
            if last < contract.date_start or (end and first > end):
                raise UserError(
                    self.env._(
                        "The period %(first)s to %(last)s lies outside contract %(contract)s, which runs %(span)s.",
                        first=first,
                        last=last,
                        contract=contract.name,
                        span=contract._describe_span(),
                    )
                )
        return billing.Window(first, last)

    def _get_engine_terms(self, meters=None):
        """Return the contract's terms as the billing engine takes them. Extensible.

        :param meters: what reads the use of a line, by the line's id
        """
        self.ensure_one()
        meters = meters or {}
        end = self.date_end_effective
        return billing.Terms(
            start=self.date_start,
            end=end + timedelta(days=1) if end else None,
            anchor_day=self.anchor_day,
            rounding=to_decimal(self.currency_id.rounding),
            lines=tuple(line._get_engine_line(meters.get(line.id)) for line in self.line_ids),
            discounts=tuple(self.discount_ids._get_engine_discounts()),
            cap=billing.Cap(to_decimal(self.spend_cap), self.spend_cap_months) if self.spend_cap else None,
        )

    def _get_booked(self):
        """Return what the books hold of each contract: sums by line id and start of the period."""
        booked = {contract.id: {} for contract in self}
        items_sudo = self.env["kor.billing.item"].sudo()  # a slice that a rule hides must not be billed again
        domain = [("contract_id", "in", self.ids), ("state", "=", "booked")]
        names = ["contract_id", "contract_line_id", "period_start", "amount", "revision", "date_start", "date_end"]
        for item in items_sudo.search_fetch(domain, names, order="id"):
            own, key = booked[item.contract_id.id], (item.contract_line_id.id, item.period_start)
            own.setdefault(key, []).append(item)
        return {
            contract_id: {key: self._sum_booked(items) for key, items in own.items()}
            for contract_id, own in booked.items()
        }

    @api.model
    def _sum_booked(self, items):
        """Return what is booked of a slice.

        The first free revision is used again: a reset invoice that held it cannot be posted beside the new one.
        """
        return billing.Booked(
            amount=sum((to_decimal(item.amount) for item in items), Decimal(0)),
            free_revision=next(self._iter_free_revisions(items)),
            start=min(item.date_start for item in items),
            end=max(item.date_end for item in items) + timedelta(days=1),
        )

    @api.model
    def _iter_free_revisions(self, items):
        taken = {item.revision for item in items}
        return (revision for revision in itertools.count() if revision not in taken)

    def _get_meters(self, windows):
        """Return what reads the use of each measured line, from the first day asked for to the last."""
        usage_lines = self.line_ids.filtered(lambda line: line.charge_type == "usage")
        if not usage_lines:
            return {}
        # A period that touches the window may begin a full period before it, and so may the use that a
        # commitment counts before the commitment's own.
        counting = self.line_ids.filtered(lambda line: line.charge_type in ("usage", "commitment"))
        longest = 2 * max(counting.mapped("billing_months"))
        since = min(windows[contract].first for contract in usage_lines.contract_id) - relativedelta(months=longest)
        until = max(windows[contract].last for contract in usage_lines.contract_id) + relativedelta(months=longest)
        return usage_lines._get_meters(since, until)

    def _get_open_slices(self, window):
        """Return by contract the slices that are due in the window and not booked."""
        windows = window if isinstance(window, dict) else dict.fromkeys(self, window)
        booked, meters = self._get_booked(), self._get_meters(windows)
        result = {}
        for contract in self:
            try:
                terms, asked = contract._get_engine_terms(meters), windows[contract]
                due = billing.target(terms, asked)
            except ENGINE_ERRORS as error:
                raise UserError(
                    self.env._("Contract %(contract)s: %(reason)s", contract=contract.name, reason=error)
                ) from error
            result[contract] = billing.difference(terms, asked, due, booked[contract.id])
        return result

    def _bill(self, window, invoice_date=False, run=None):
        """Book what is missing up to the window and return the invoices.

        :param window: the engine's window, or one for each contract
        """
        open_ones = self.filtered(lambda contract: not contract.date_activated)
        if open_ones:
            raise UserError(
                self.env._(
                    "Contract %(contract)s was never activated, so nobody has agreed to pay. Activate it first.",
                    contract=open_ones[0].name,
                )
            )
        self._lock_for_billing()
        moves = self.env["account.move"]
        for company, contracts in self.grouped("company_id").items():
            open_slices = contracts._get_open_slices(window)
            open_slices = contracts._leave_out(open_slices, run)
            due, credits = {}, {}
            for contract, slices in open_slices.items():
                credits[contract], charged = contract._split_credits(slices)
                due[contract] = contract._hold_back(charged)
            due = {contract: slices for contract, slices in due.items() if slices}
            moves |= contracts.with_company(company)._book(due, invoice_date, run)
            moves |= contracts.with_company(company)._give_back(credits, moves, invoice_date, run)
        return moves

    def _check_readings(self, open_slices):
        """Raise where nothing was reported for a period, and the line says that its invoice waits for it."""
        for contract, slices in open_slices.items():
            silent = [one for one in slices if not one.reported and contract._get_line(one).requires_reading]
            if silent:
                raise BillingParked(
                    self.env._(
                        "Contract %(contract)s: nothing was reported for %(periods)s. Its invoice waits for it: "
                        "report the use, or a quantity of 0 where there was none.",
                        contract=contract.name,
                        periods="; ".join(contract._get_line(one)._prepare_period_name(one) for one in silent),
                    ),
                    "reading",
                )

    @api.model
    def _get_line(self, one):
        """Return the contract line that a slice is charged by."""
        # As one of all lines: what is read of one, its product or taxes, is then read of all at once.
        return self.env["kor.contract.line"].browse(one.line.key).with_prefetch(self.line_ids._prefetch_ids)

    def _hold_back(self, slices):
        """Return the slices that can be billed now.

        Use that was taken back waits where it would make the invoice negative: it lowers a later one.
        """
        self.ensure_one()
        if sum(one.difference for one in slices) >= 0:
            return slices
        return [one for one in slices if one.difference >= 0]

    def _lock_for_billing(self):
        """Let one transaction at a time bill a contract.

        The counter makes the second one fail to serialise, so that it starts again and then sees what
        the first has booked.
        """
        self.env.cr.execute(
            SQL(
                "UPDATE kor_contract SET billing_count = billing_count + 1 WHERE id IN "
                "(SELECT id FROM kor_contract WHERE id IN %s ORDER BY id FOR UPDATE)",
                tuple(self.ids) or (0,),
            )
        )
        self.invalidate_recordset(["billing_count"])

    def _book(self, due, invoice_date, run):
        """Create the invoices and the booked slices of one company's contracts."""
        items_sudo = self.env["kor.billing.item"].sudo()  # nobody has the right to write items by hand
        payable = {contract: slices for contract, slices in due.items() if any(one.difference for one in slices)}
        draws = {contract: found for contract, slices in payable.items() if (found := contract._get_draws(slices))}
        moves = self._create_moves(payable, draws, invoice_date)
        item_vals, draw_vals = [], []
        for contract, slices in due.items():
            lines = iter(self._get_own_lines(moves[contract], contract) if contract in payable else ())
            for one in slices:
                line = next(lines) if contract in payable and contract._is_shown(one) else False
                item_vals.append(contract._prepare_item_values(one, line, run))
            drawn = zip(draws.get(contract, ()), lines, strict=True)
            draw_vals += [contract._prepare_draw_values(draw, line) for draw, line in drawn]
        items_sudo.create(item_vals)
        if draw_vals:
            self.env["kor.prepaid.draw"].sudo().create(draw_vals)  # nobody has the right to write draws by hand
        # Without tracking: each invoice has one note from billing instead of a message per field.
        booked = self.env["account.move"].union(*moves.values()).with_context(tracking_disable=True)
        self.env["kor.move.builder"]._post_moves(booked.filtered(lambda move: move._is_kor_posted_at_once()))
        # Afterwards: what the database has to hold for the notes would be computed and written again by posting.
        self._note_billing(moves)
        return booked.with_context(tracking_disable=False)
