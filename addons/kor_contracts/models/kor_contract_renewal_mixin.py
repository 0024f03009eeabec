from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal
from odoo.addons.kor_enterprise_tiers.tools import format_quantity

from ..engine import indexation, periods


class KorContractRenewalMixin(models.AbstractModel):
    """Renew a contract by an applied amendment, with the uplift that was agreed, and keep each term as a fact."""

    _name = "kor.contract.renewal.mixin"
    _description = "Renewal of a Contract"

    renewal_uplift_kind = fields.Selection(
        [("none", "None"), ("percent", "Percent"), ("index", "By an index")],
        string="Uplift at Renewal",
        required=True,
        default="none",
        tracking=True,
        help="By how much all prices change with each renewal.",
    )
    renewal_uplift = fields.Float(string="Uplift (%)", digits=(16, 4), min_display_digits=1, tracking=True)
    price_index_id = fields.Many2one("kor.price.index", index="btree_not_null", ondelete="restrict", tracking=True)
    index_floor = fields.Float(
        string="At Least (%)", digits=(16, 4), min_display_digits=1,
        help="The floor of the uplift. 0: prices never fall; -100: they follow the index all the way down.",
    )  # fmt: skip
    index_cap = fields.Float(
        string="At Most (%)", digits=(16, 4), min_display_digits=1, help="The cap of the uplift. 0: no cap."
    )
    index_base_month = fields.Date(
        string="Index Base",
        help="The month from which the first renewal counts; later ones count from the month that the one before "
        "reached. Empty: each renewal takes the last 12 months published.",
    )
    # In sudo: customers may read their contract, but not the indexes.
    renewal_preview = fields.Char(string="Next Renewal", compute="_compute_renewal_preview", compute_sudo=True)
    term_ids = fields.One2many("kor.contract.term", "contract_id", string="Terms")
    renewal_amendment_id = fields.Many2one(
        "kor.contract.amendment", compute="_compute_renewal_amendment_id", store=True, string="Agreed Renewal"
    )

    @api.depends("amendment_ids.state", "amendment_ids.is_renewal")
    def _compute_renewal_amendment_id(self):
        for contract in self:
            contract.renewal_amendment_id = contract.amendment_ids.filtered(
                lambda one: one.is_renewal and one.state == "agreed"
            )[:1]

    @api.depends("date_end", "auto_renew", "term_months", "state", "date_leaving", "renewal_uplift_kind",
                 "renewal_uplift", "price_index_id.value_ids.value", "index_floor", "index_cap", "index_base_month",
                 "term_ids.index_month", "renewal_amendment_id.summary")  # fmt: skip
    @api.depends_context("lang")
    def _compute_renewal_preview(self):
        for contract in self:
            contract.renewal_preview = contract._describe_next_renewal()

    @api.constrains("renewal_uplift_kind", "renewal_uplift", "price_index_id", "index_floor", "index_cap")
    def _check_uplift(self):
        for contract in self:
            problem = contract._find_uplift_problem()
            if problem:
                raise ValidationError(
                    self.env._("Contract %(contract)s: %(problem)s", contract=contract.name, problem=problem)
                )

    @api.constrains("auto_renew", "term_months", "date_end")
    def _check_renewable(self):
        for contract in self:
            if contract.auto_renew and contract.date_end and not contract.term_months:
                raise ValidationError(
                    self.env._(
                        "Contract %(contract)s cannot renew itself: its term of less than a month is no number of "
                        "months. Say how many months a renewal adds, or let it end.",
                        contract=contract.name,
                    )
                )

    def _find_uplift_problem(self):
        """Return a sentence on what is wrong with the uplift, empty where nothing is."""
        if self.renewal_uplift_kind == "percent" and self.renewal_uplift <= -100:
            return self.env._("an uplift is above -100 %.")
        if self.renewal_uplift_kind == "index" and not self.price_index_id:
            return self.env._("choose the index that prices follow.")
        if self.renewal_uplift_kind == "index" and self.index_cap and self.index_cap < self.index_floor:
            return self.env._("the cap of the uplift lies below its floor.")
        return ""

    def action_activate(self):
        """Keep the first term as a fact.

        :return: True
        """
        drafts = self.filtered(lambda contract: contract.state == "draft")
        result = super().action_activate()
        drafts._add_first_term()
        return result

    def renew(self, date_end, uplift=0, note="", agreed_by="", how="note"):
        """Agree to one more term, which follows on the running one.

        :param date_end: its last day as YYYY-MM-DD
        :param uplift: by how many percent all prices change with it
        :param note: why, in a sentence
        :param agreed_by: who agreed on the customer's side
        :param how: `signature`, `document` or `note`
        :return: the id of the amendment, which is applied on the first day of the new term
        """
        self.ensure_one()
        self.check_access("write")
        self._check_can_renew()
        day, end = self.date_end + timedelta(days=1), self._parse_date(date_end, "date_end")
        if end < day:
            raise UserError(
                self.env._(
                    "Contract %(contract)s runs until %(old)s already: the new last day has to be later.",
                    contract=self.name,
                    old=self.date_end,
                )
            )
        amendment = self._draft_renewal(day, end, to_decimal(uplift), note)
        amendment.action_agree(agreed_by, how)
        return amendment.id

    def _check_can_renew(self):
        if self.state not in ("active", "paused") or not self.date_end or self.date_cancelled:
            raise UserError(
                self.env._(
                    "Contract %(contract)s cannot be renewed: only a running one can that has an end and is not "
                    "cancelled.",
                    contract=self.name,
                )
            )
        if self._leaves_with_term():
            raise UserError(
                self.env._(
                    "Contract %(contract)s cannot be renewed: its cancellation as of %(day)s is agreed. Withdraw that "
                    "amendment first.",
                    contract=self.name,
                    day=self.date_leaving,
                )
            )
        if self.renewal_amendment_id:
            raise UserError(
                self.env._(
                    "Contract %(contract)s is renewed already, by amendment %(amendment)s. Withdraw that one first.",
                    contract=self.name,
                    amendment=self.renewal_amendment_id.name,
                )
            )

    def _renews_itself(self):
        self.ensure_one()
        return bool(self.auto_renew and self.term_months and self.date_end and not self._leaves_with_term())

    def _extend(self, until=None):
        """Add terms to a contract that renews itself, an amendment each, until today or a later day is covered."""
        self.ensure_one()
        until = until or self._get_today()
        after = self.date_end + timedelta(days=1)
        # A term that began on the 31st ends at month ends; one that was agreed otherwise keeps its own day.
        day = periods.anchor_day_from(after, self.date_start.day)
        terms = 0
        while self.date_end < until:
            terms += 1
            end = periods.boundary(after, day, self.term_months * terms, 1) - timedelta(days=1)
            self._renew_itself(end)
        self.message_post(body=self.env._("Renewed automatically until %(date)s.", date=self.date_end))

    def _renew_itself(self, end):
        """Apply one renewal, as it was agreed with the contract."""
        day = self.date_end + timedelta(days=1)
        percent, note, month = self._get_uplift(day)
        amendment = self._draft_renewal(day, end, percent, note, month)
        amendment._agree(self.env._("Agreed with the contract"), "note")
        if amendment.state == "agreed":
            # A plan that changes with the next term needs that term before its day has come.
            amendment._apply()

    def _draft_renewal(self, day, end, percent, note, month=False):
        """Return the draft of an amendment that adds a term."""
        changes = [{"kind": "term", "date_end": end, "sequence": 1}]
        if percent:
            changes.append({"kind": "price", "percent": float(percent), "sequence": 2})
        return self.env["kor.contract.amendment"].create(
            {
                "contract_id": self.id,
                "date_effective": day,
                "is_renewal": True,
                "index_month": month,
                "note": note,
                "change_ids": [fields.Command.create(change) for change in changes],
            }
        )

    def _get_uplift(self, day):
        """Return the percent of a renewal on a day, why it is so, and the month of the index that it reaches."""
        self.ensure_one()
        if self.renewal_uplift_kind == "percent":
            return to_decimal(self.renewal_uplift), "", False
        if self.renewal_uplift_kind != "index":
            return Decimal(0), "", False
        try:
            change = self.price_index_id._get_change(day, self._get_index_base())
            cap = to_decimal(self.index_cap) if self.index_cap else None
            uplift = indexation.limit(change.percent, to_decimal(self.index_floor), cap)
        except indexation.IndexationError as error:
            raise UserError(
                self.env._(
                    "Contract %(contract)s, index %(index)s: %(reason)s",
                    contract=self.name,
                    index=self.price_index_id.name,
                    reason=error,
                )
            ) from error
        return uplift.percent, self._describe_indexation(change, uplift), change.latest.month

    def _get_index_base(self):
        """Return the month from which the index counts, None for the last 12 months."""
        reached = self.term_ids.filtered("index_month").sorted("number")[-1:].index_month
        return (reached or self.index_base_month) if self.index_base_month else None

    def _describe_indexation(self, change, uplift):
        """Return the arithmetic of an indexed uplift in one line."""
        percent = self.env._("%(index)s %(base)s to %(latest)s: %(change)s %%", **{
            "index": self.price_index_id.name,
            "base": f"{change.base.month:%Y-%m}",
            "latest": f"{change.latest.month:%Y-%m}",
            "change": format_quantity(self.env, float(change.percent)),
        })  # fmt: skip
        floor = self.env._("at least %(floor)s %%", floor=format_quantity(self.env, float(uplift.floor)))
        parts = [percent, floor]
        if uplift.cap is not None:
            parts.append(self.env._("at most %(cap)s %%", cap=format_quantity(self.env, float(uplift.cap))))
        return ", ".join(parts)

    def _describe_next_renewal(self):
        """Return when the contract is renewed next and by how much prices change then, empty where it is not."""
        self.ensure_one()
        if self.state in ("ended", "cancelled"):
            return ""
        if self._leaves_with_term():
            return self.env._("None: it ends on %(day)s", day=format_date(self.env, self.date_leaving))
        if self.renewal_amendment_id:
            return self.env._(
                "Agreed from %(day)s: %(what)s",
                day=format_date(self.env, self.renewal_amendment_id.date_effective),
                what=self.renewal_amendment_id.summary,
            )
        if not self._renews_itself():
            return ""
        day = self.date_end + timedelta(days=1)
        try:
            percent, note, _month = self._get_uplift(day)
        except UserError as error:
            return str(error)
        text = self._describe_uplift(format_date(self.env, day), float(percent))
        return f"{text} ({note})" if note else text

    def _describe_uplift(self, day, percent):
        if not percent:
            return self.env._("%(day)s: at the same price", day=day)
        sign = "+" if percent > 0 else ""
        return self.env._(
            "%(day)s: %(sign)s%(percent)s %%", day=day, sign=sign, percent=format_quantity(self.env, percent)
        )

    def _note_amended(self, amendment):
        result = super()._note_amended(amendment)
        if "term" in amendment.change_ids.mapped("kind"):
            self._note_term(amendment)
        return result

    def _note_term(self, amendment):
        """Keep the term of a renewal; an end that is moved otherwise is the end of the running term."""
        self.ensure_one()
        self._add_first_term(amendment.date_effective - timedelta(days=1) if amendment.is_renewal else False)
        if not amendment.is_renewal:
            terms_sudo = self.sudo().term_ids  # facts, that nobody has the right to write by hand
            terms_sudo.sorted("number")[-1:].date_end = self.date_end
            return
        price = amendment.change_ids.filtered(lambda change: change.kind == "price")[:1]
        self._add_term(
            kind="renewal",
            date_start=amendment.date_effective,
            amendment_id=amendment.id,
            uplift=price.percent,
            uplift_note=amendment.note if amendment.index_month else False,
            index_month=amendment.index_month,
        )

    def _add_first_term(self, date_end=False):
        without = self.filtered(lambda contract: not contract.term_ids)
        self.env["kor.contract.term"].sudo().create(  # facts, that nobody has the right to write by hand
            [{**one._prepare_term_values(one.date_start), "date_end": date_end or one.date_end} for one in without]
        )

    def _add_term(self, date_start, **values):
        terms_sudo = self.env["kor.contract.term"].sudo()  # facts, that nobody has the right to write by hand
        terms_sudo.create({**self._prepare_term_values(date_start), **values})

    def _prepare_term_values(self, date_start):
        return {
            "contract_id": self.id,
            "number": len(self.term_ids) + 1,
            "date_start": date_start,
            "date_end": self.date_end,
            "mrr": float(self._get_monthly_revenue(date_start)),
        }

    def _note_renewal_held(self, reason):
        """Tell whoever is in charge, once, why the contract is not renewed though its term is over."""
        summary = self.env._("The renewal waits")
        if summary not in self.activity_ids.mapped("summary"):
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=summary,
                note=str(reason),
                user_id=(self._get_manager() or self.env.user).id,
            )
