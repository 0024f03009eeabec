from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_amount, format_date

from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal
from odoo.addons.kor_enterprise_tiers.tools import format_quantity

from ..engine import periods, termination


class KorContractTerminationMixin(models.AbstractModel):
    """The minimum term of a contract, and what ending it earlier costs."""

    _name = "kor.contract.termination.mixin"
    _description = "Early Termination of a Contract"

    minimum_months = fields.Integer(string="Minimum Term (months)", tracking=True, help="0: none.")
    date_minimum_end = fields.Date(
        string="Minimum Term until",
        compute="_compute_date_minimum_end",
        store=True,
        recursive=True,
        help="The last day of the minimum term. A contract that was taken over keeps the day of the first one.",
    )
    termination_fee_kind = fields.Selection(
        [
            ("none", "None"),
            ("minimum", "Percent of what is left of the minimum term"),
            ("term", "Percent of what is left of the term"),
            ("amount", "Fixed amount"),
        ],
        string="Early Termination Fee",
        required=True,
        default="none",
        tracking=True,
        help="Charged once when the contract is cancelled before its minimum term is over; without one, its term.",
    )
    termination_fee = fields.Float(
        string="Fee", digits=(16, 4), min_display_digits=2, tracking=True,
        help="Percent of the recurring fees that are left, or the amount, without taxes.",
    )  # fmt: skip
    termination_product_id = fields.Many2one(
        "product.product",
        string="Fee Product",
        ondelete="restrict",
        check_company=True,
        help="Gives the income account and the taxes of the fee. Empty: the one that comes with the suite.",
    )

    _minimum_months_not_negative = models.Constraint(
        "CHECK (minimum_months >= 0)", "A minimum term has 0 months or more."
    )
    _termination_fee_not_negative = models.Constraint("CHECK (termination_fee >= 0)", "A fee is 0 or more.")

    @api.depends("date_start", "minimum_months", "transferred_from_id.date_minimum_end")
    def _compute_date_minimum_end(self):
        for contract in self:
            own = (
                contract.date_start
                and contract.minimum_months > 0
                and contract.date_start + relativedelta(months=contract.minimum_months) - timedelta(days=1)
            )
            contract.date_minimum_end = contract.transferred_from_id.date_minimum_end or own

    @api.constrains("termination_fee_kind", "termination_fee", "minimum_months")
    def _check_termination_fee(self):
        for contract in self:
            if contract.termination_fee_kind == "minimum" and not contract.minimum_months:
                raise ValidationError(
                    self.env._(
                        "Contract %(contract)s: a fee on what is left of the minimum term needs a minimum term. "
                        "Say how many months it has.",
                        contract=contract.name,
                    )
                )
            if contract.termination_fee_kind in ("minimum", "term") and contract.termination_fee > 100:
                raise ValidationError(
                    self.env._(
                        "Contract %(contract)s: a fee is at most 100 %% of what is left.", contract=contract.name
                    )
                )

    def preview_termination(self, date):
        """Tell what ending the contract on a day would cost, and write nothing.

        :param date: the last day as YYYY-MM-DD
        :return: a dict with the amount, what it is taken of, and why in a sentence
        """
        self.ensure_one()
        self.check_access("read")
        last_day = self._parse_date(date, "date")
        fee = self._get_termination_fee(last_day)
        return {
            "contract": self.name,
            "date": fields.Date.to_string(last_day),
            "minimum_until": fields.Date.to_string(self.date_minimum_end) or "",
            "amount": float(fee.amount) if fee else 0,
            "reason": self._describe_termination_fee(fee, last_day),
            "fee": fee.as_dict() if fee else {},
        }

    def _get_termination_until(self):
        """Return the last day of what the fee stands for; empty where ending is never early."""
        if self.termination_fee_kind == "term":
            return self.date_end
        if self.termination_fee_kind == "minimum":
            return self.date_minimum_end
        return self.date_minimum_end or self.date_end

    def _get_termination_fee(self, last_day):
        """Return the engine's fee for ending the contract on a day, None where it costs nothing."""
        self.ensure_one()
        until = self._get_termination_until()
        kind = self.termination_fee_kind
        runs = self.state in ("active", "paused")
        # What never begins owes nothing.
        if kind == "none" or not runs or not until or not self.date_start <= last_day < until:
            return None
        parts = termination.fees_left(
            last_day + timedelta(days=1),
            until + timedelta(days=1),
            periods.anchor_of(self.date_start, self.anchor_day),
            self.anchor_day,
            self._get_monthly_revenue,
            self._get_revenue_days(),
        )
        try:
            return termination.early_fee(
                "amount" if kind == "amount" else "percent",
                to_decimal(self.termination_fee),
                parts,
                to_decimal(self.currency_id.rounding),
            )
        except termination.TerminationError as error:
            raise UserError(str(error)) from error

    def _get_revenue_days(self):
        """Return the days on which what the contract brings may change."""
        parts = [*self.line_ids, *self.line_ids.discount_ids, *self.discount_ids]
        starts = {part.date_start for part in parts if part.date_start}
        return starts | {part.date_end + timedelta(days=1) for part in parts if part.date_end}

    def _describe_termination_fee(self, fee, last_day):
        """Return the arithmetic of a fee in a sentence, empty where there is none."""
        if not fee:
            return ""
        amount = format_amount(self.env, float(fee.amount), self.currency_id)
        until = format_date(self.env, self._get_termination_until())
        if fee.kind == "amount":
            return self.env._("%(amount)s, as agreed for an end before %(until)s.", amount=amount, until=until)
        return self.env._(
            "%(amount)s: %(percent)s %% of %(left)s, the recurring fees from %(start)s to %(until)s.",
            amount=amount,
            percent=format_quantity(self.env, float(fee.value)),
            left=format_amount(self.env, float(fee.left), self.currency_id),
            start=format_date(self.env, last_day + timedelta(days=1)),
            until=until,
        )

    def _terminate(self, last_day):
        """Cancel the contract as of a day, and charge what ending it early costs."""
        runs, fee = self.state in ("active", "paused"), self._get_termination_fee(last_day)
        self._cancel(last_day)
        if runs:
            self._charge_termination(fee, last_day)

    def _charge_termination(self, fee, last_day, amendment=None):
        """Add the fee as a line that is charged once, on the last day, or mend the one of an earlier cancellation."""
        before = self.line_ids.filtered("is_termination_fee")
        amount = float(fee.amount) if fee else 0
        reason = self._describe_termination_fee(fee, last_day)
        values = {"unit_price": amount, "date_start": max(last_day, self.date_start), "fee_reason": reason}
        if before:
            before._as_amended().write(values)
        elif amount:
            product = self.termination_product_id or self.env.ref("kor_contracts.product_termination_fee")
            lang = self._get_customer_lang()
            self.env["kor.contract.line"]._as_amended().create(
                {
                    **values,
                    "contract_id": self.id,
                    "product_id": product.id,
                    "name": self.with_context(lang=lang).env._("Early termination fee"),
                    "charge_type": "one_time",
                    "sequence": 1000,
                    "amendment_id": amendment.id if amendment else False,
                    "is_termination_fee": True,
                }
            )
        if amount:
            self.message_post(body=self.env._("Early termination fee: %(reason)s", reason=reason))
