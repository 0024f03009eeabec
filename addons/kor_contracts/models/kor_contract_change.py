from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import date_utils, format_date

from .kor_contract_lifecycle_mixin import AMENDING


class KorContractChange(models.Model):
    """One change of an amendment."""

    _name = "kor.contract.change"
    _inherit = ["kor.contract.change.check.mixin", "kor.input.mixin"]
    _description = "Change of a Contract"
    _order = "amendment_id, sequence, id"

    amendment_id = fields.Many2one("kor.contract.amendment", required=True, index=True, ondelete="cascade")
    contract_id = fields.Many2one(related="amendment_id.contract_id", store=True, index=True)
    company_id = fields.Many2one(related="amendment_id.company_id", store=True)
    currency_id = fields.Many2one(related="contract_id.currency_id")
    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [
            ("quantity", "Quantity"),
            ("price", "Price"),
            ("plan", "Tier or plan"),
            ("add", "Add a line"),
            ("remove", "End a line"),
            ("discount", "Discount"),
            ("term", "Term"),
            ("billing_day", "Billing day"),
            ("pause", "Pause"),
            ("resume", "Resume"),
            ("transfer", "Hand over to another customer"),
            ("cancel", "Cancel"),
        ],
        required=True,
        default="quantity",
    )
    line_id = fields.Many2one("kor.contract.line", domain="[('contract_id', '=', contract_id)]", ondelete="restrict")
    quantity = fields.Float(digits=(16, 6))
    unit_price = fields.Float(digits=(16, 8), min_display_digits=2)
    percent = fields.Float(string="Change (%)", help="Raises all prices of the line, or of all lines, by so much.")
    plan_id = fields.Many2one("kor.plan", string="New Plan", ondelete="restrict")
    charge_id = fields.Many2one("kor.charge", ondelete="restrict", help="From the catalog.")
    product_id = fields.Many2one("product.product", ondelete="restrict")
    name = fields.Char(string="Description", help="As on the invoice.")
    billing_months = fields.Integer(string="Months", default=1)
    discount_kind = fields.Selection([("percent", "Percent"), ("amount", "Amount")], default="percent")
    value = fields.Float(digits=(16, 4))
    periods = fields.Integer(help="For so many billing periods. 0: from then on.")
    date_end = fields.Date(string="Until", help="The last day.")
    anchor_day = fields.Integer(string="Billing Day")
    partner_id = fields.Many2one("res.partner", string="New Customer", ondelete="restrict")
    summary = fields.Char(compute="_compute_summary")

    @api.depends("kind", "line_id", "quantity", "unit_price", "percent", "plan_id", "charge_id", "name", "value",
                 "date_end", "anchor_day", "partner_id")  # fmt: skip
    @api.depends_context("lang")
    def _compute_summary(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for change in self:
            detail = change._describe()
            change.summary = f"{labels.get(change.kind, '')}: {detail}" if detail else labels.get(change.kind, "")

    @api.constrains("kind", "line_id", "quantity", "plan_id", "charge_id", "product_id", "anchor_day", "partner_id",
                    "date_end", "value")  # fmt: skip
    def _check_whole(self):
        for change in self:
            problem = change._find_problem()
            if problem:
                raise ValidationError(self.env._("%(change)s: %(problem)s", change=change.summary, problem=problem))

    @api.model_create_multi
    def create(self, vals_list):
        changes = super().create(vals_list)
        changes.amendment_id._check_draft()
        return changes

    def write(self, vals):
        self.amendment_id._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_agreed(self):
        self.amendment_id._check_draft()

    def _describe(self):
        """Return what the change does, as people read it."""
        line = self.line_id.name or ""
        if self.kind == "quantity":
            return self.env._("%(line)s, now %(quantity)g", line=line, quantity=self.quantity)
        if self.kind == "price":
            line = line or self.env._("all lines")
            if self.percent:
                return self.env._("%(line)s, %(percent)+g %%", line=line, percent=self.percent)
            return self.env._("%(line)s, now %(price)g", line=line, price=self.unit_price)
        if self.kind == "add":
            return self.name or self.charge_id.name or ""
        if self.kind == "discount":
            value = f"{self.value:g} %" if self.discount_kind == "percent" else f"{self.value:g}"
            return f"{value} {line}".strip()
        parts = {
            "plan": self.plan_id.display_name,
            "remove": line,
            "term": format_date(self.env, self.date_end),
            "billing_day": self.anchor_day and str(self.anchor_day),
            "pause": format_date(self.env, self.date_end),
            "transfer": self.partner_id.display_name,
        }
        return parts.get(self.kind) or ""

    def _apply(self):
        """Write the facts that the change stands for."""
        self.ensure_one()
        getattr(self, f"_apply_{self.kind}")(self.amendment_id.date_effective)

    def _get_line_at(self, day):
        """Return the line that runs on a day in the place of the one that was chosen."""
        line = self.line_id._at(day)
        if not line:
            raise UserError(
                self.env._(
                    "“%(line)s” does not run on %(day)s, so it cannot be changed then.", line=self.line_id.name, day=day
                )
            )
        return line[0]

    def _go_on(self, line, day, values):
        """Let a line go on with other terms, and give back what the amendment says."""
        going_on = line._go_on(day, values, self.amendment_id)
        line._as_amended().billed_until = self._get_billed_until(line, day)
        return going_on

    def _end(self, lines, day):
        for line in lines:
            line._end(day - timedelta(days=1), self.amendment_id, self._get_billed_until(line, day))

    def _get_billed_until(self, line, day):
        """Return the last day that is charged of a line that ends before a day; False: its own last day."""
        credit = self.amendment_id.credit
        if credit == "prorated" or line.charge_type in ("usage", "one_time") or line.date_start >= day:
            return False
        period = line._get_period_at(day - timedelta(days=1))
        whole = period.end if credit == "none" else max(period.start, line.date_start)
        return whole - timedelta(days=1)

    def _apply_quantity(self, day):
        self._go_on(self._get_line_at(day), day, {"quantity": self.quantity})

    def _apply_price(self, day):
        for line in self._get_priced(day):
            self._reprice(self._go_on(line, day, {}))

    def _get_priced(self, day):
        """Return the lines whose price changes on a day."""
        return self._get_line_at(day) if self.line_id else self._get_running(day)

    def _reprice(self, lines):
        """Give lines the new price, or raise what they have."""
        if self.percent:
            lines._scale(1 + self.percent / 100)
        else:
            lines._as_amended().unit_price = self.unit_price

    def _apply_add(self, day):
        line_model = self.env["kor.contract.line"]._as_amended()
        values = {"contract_id": self.contract_id.id, "date_start": day, "amendment_id": self.amendment_id.id}
        if self.charge_id:
            values |= line_model._prepare_from_charge_values(self.charge_id)
            if self.quantity:
                values["quantity"] = self.quantity
        else:
            values |= {"product_id": self.product_id.id, "billing_months": self.billing_months or 1}
        if self.name:
            values["name"] = self.name
        if self.unit_price:
            values["unit_price"] = self.unit_price
        line_model.create({**values, "date_end": self.date_end})

    def _apply_remove(self, day):
        line = self._get_line_at(day)
        later = line._get_chain().filtered(lambda one: one.date_start >= day and not one._is_void())
        self._end(line | later, day)

    def _apply_discount(self, day):
        owner = (
            {"contract_line_id": self._get_line_at(day).id} if self.line_id else {"contract_id": self.contract_id.id}
        )
        self.env["kor.discount"].with_context(kor_amending=AMENDING).create(
            {
                **owner,
                "name": self.name or self.env._("Discount"),
                "kind": self.discount_kind,
                "value": self.value,
                "date_start": day,
                "date_end": self._get_discount_end(day),
            }
        )

    def _get_discount_end(self, day):
        """Return the last day on which a period may begin that has the discount; False where it goes on."""
        if not self.periods:
            return self.date_end
        # Its periods count from the change, those of an agreed discount from the start of its line.
        lines = self._get_line_at(day) if self.line_id else self._get_running(day)
        months = min(lines.mapped("billing_months"), default=1)
        return date_utils.add(day, months=months * self.periods) - timedelta(days=1)

    def _apply_term(self, day):
        contract = self.contract_id
        # What a renewal adds stays as agreed: a draft would count it anew from its end.
        contract._write_agreed({"date_end": self.date_end, "term_months": contract.term_months})

    def _apply_billing_day(self, day):
        """Let every line go on with the new day; those before keep theirs."""
        contract = self.contract_id
        old = contract.anchor_day
        lines = self._get_running(day)
        kept = contract.line_ids.filtered(lambda line: not line.anchor_day)
        kept._as_amended().anchor_day = old
        contract._write_agreed({"anchor_day": self.anchor_day})
        for line in lines:
            self._go_on(line, day, {"anchor_day": 0})

    def _apply_pause(self, day):
        contract = self.contract_id
        lines = contract.line_ids.filtered(
            lambda line: line.charge_type != "one_time" and not line._is_void() and not line._is_over_on(day)
        )
        self._end(lines, day)
        if self.date_end:
            self._resume(lines, self.date_end + timedelta(days=1))
        elif contract.state == "active":
            contract._set_state("paused")

    def _apply_resume(self, day):
        contract = self.contract_id
        pauses = contract.amendment_ids.filtered(
            lambda one: one.state == "applied" and "pause" in one.change_ids.mapped("kind")
        )
        last = pauses.sorted(lambda one: (one.date_effective, one.id))[-1:]
        paused = contract.line_ids.filtered(lambda line: line.ended_by_id == last)
        if not last or contract.state != "paused":
            raise UserError(self.env._("Contract %(contract)s is not paused.", contract=contract.name))
        for line in paused:
            self._catch_up(self._resume(line, day), line, last)
        contract._set_state("active")

    def _resume(self, lines, day):
        """Let paused lines go on from a day, as long as they were agreed, and return those that go on."""
        resumed = lines.browse()
        for line in lines:
            agreed_until = line.date_end_before
            start = max(day, line.date_start)
            if not agreed_until or agreed_until >= start:
                # Their own end stays: it is the pause.
                resumed |= line._as_amended().copy(
                    {
                        "contract_id": line.contract_id.id,
                        "date_start": start,
                        "date_end": agreed_until,
                        "root_id": line._get_root().id,
                        "amendment_id": self.amendment_id.id,
                        "anchor_day": line.anchor_day,
                    }
                )
        return resumed

    def _catch_up(self, line, paused, pause):
        """Let a line that resumes have the changes of all prices that came while it was paused, as at renewals.

        :param line: the one that resumes, or none
        :param paused: the one that it resumes
        """
        for change in self._get_missed(paused, pause) if line else ():
            day = change.amendment_id.date_effective
            chain = paused._get_chain().filtered(lambda one, day=day: day <= one.date_start <= paused.date_start)
            has_own = any(one._has_step_price(one.date_start) for one in chain)
            if has_own or (line.date_end and day > line.date_end):
                continue
            if day > line.date_start:
                line = line._go_on(day, {}, self.amendment_id)
            change._reprice(line)

    def _get_missed(self, paused, pause):
        """Return the changes of all prices since a pause that a paused line knows nothing of, in their order."""
        known, root = paused._get_chain().amendment_id, paused._get_root()
        since = self.contract_id.amendment_ids.filtered(
            lambda one: (
                one.state == "applied" and one.date_effective >= pause.date_effective and one not in known
                and one.date_effective >= root.date_start
            )
        )  # fmt: skip
        changes = since.sorted(lambda one: (one.date_effective, one.id)).change_ids
        return changes.filtered(lambda change: change.kind == "price" and not change.line_id)

    def _apply_transfer(self, day):
        """End the contract, and let one of the new customer go on from the day."""
        contract = self.contract_id
        running = self._get_running(day)
        new = contract.copy(
            {
                "partner_id": self.partner_id.id,
                "date_start": day,
                "date_end": contract.date_end,
                "anchor_day": contract.anchor_day,
                "transferred_from_id": contract.id,
                "line_ids": [
                    fields.Command.create({**line.copy_data()[0], "date_start": day, "date_end": line.date_end})
                    for line in running
                ],
            }
        )
        contract._cancel(day - timedelta(days=1))
        new.action_activate()

    def _apply_cancel(self, day):
        """Let the day before be the last one."""
        contract = self.contract_id
        running = contract.line_ids.filtered(lambda line: not line._is_over_on(day))
        if self.amendment_id.credit != "prorated":
            self._end(running, day)
        contract._cancel(contract._get_last_day_before(day))

    def _apply_plan(self, day):
        """Let lines of the old plan go on with the charges of the new one, by what they charge."""
        contract, plan = self.contract_id, self.plan_id
        old = self._get_running(day).filtered("charge_id")
        for charge in plan._get_included_charges().filtered(lambda one: one.charge_type != "one_time"):
            same = old.filtered(
                lambda line, charge=charge: (line.charge_type, line.metric_id) == (charge.charge_type, charge.metric_id)
            )[:1]
            self._take_charge(same, charge, day)
            old -= same
        self._end(old, day)
        # The term that was agreed stays: a draft would take over that of its plan, and its end.
        kept = {name: contract[name] for name in ("term", "term_months", "date_end")}
        contract._write_agreed({"plan_id": plan.id, "tier_id": plan.tier_id.id, **kept})
        contract._take_tier()

    def _take_charge(self, line, charge, day):
        """Let a line go on as a charge of the new plan, or begin one where there is none."""
        values = self.env["kor.contract.line"]._prepare_from_charge_values(charge)
        if not line:
            self.env["kor.contract.line"]._as_amended().create(
                {**values, "contract_id": self.contract_id.id, "date_start": day, "amendment_id": self.amendment_id.id}
            )
            return
        held = {"quantity": line.quantity} if charge.charge_type in ("per_unit", "usage") else {}
        self._go_on(line, day, {**values, **held})

    def _get_running(self, day):
        """Return the lines that run on a day and recur."""
        return self.contract_id.line_ids.filtered(lambda line: line._runs_at(day) and line.charge_type != "one_time")
