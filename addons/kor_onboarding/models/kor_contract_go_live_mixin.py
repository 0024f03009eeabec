from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date


class KorContractGoLiveMixin(models.AbstractModel):
    """Let recurring fees begin with the go-live, where that is agreed, and on a day that is agreed at the latest.

    A contract is agreed with the latest day: the lines begin on it. The go-live, where it comes before, is a fact that
    moves them ahead, by an amendment like any other. So whatever reads lines is right at any time.
    """

    _name = "kor.contract.go.live.mixin"
    _description = "Billing from the Go-live on"

    billing_start = fields.Selection(
        [("start", "With the contract"), ("go_live", "At the go-live")],
        string="Fees Begin",
        required=True,
        default="start",
        tracking=True,
        help="At the go-live: recurring fees and use are charged from that day on. What is due once is due as agreed.",
    )
    date_billing_latest = fields.Date(
        string="At the Latest on", tracking=True, help="Recurring fees begin on this day, live or not."
    )
    waits_for_go_live = fields.Boolean(compute="_compute_waits_for_go_live", help="No recurring fee is charged yet.")

    @api.depends("state", "billing_start", "line_ids.date_start", "line_ids.date_end", "tz")
    def _compute_waits_for_go_live(self):
        for contract in self:
            agreed = contract.state in ("active", "paused")
            contract.waits_for_go_live = agreed and bool(contract._get_waiting_lines(contract._get_today()))

    @api.constrains("billing_start", "date_billing_latest", "date_start", "date_end")
    def _check_billing_start(self):
        for contract in self.filtered(lambda one: one.billing_start == "go_live" and one.date_billing_latest):
            latest = contract.date_billing_latest
            if latest < contract.date_start or (contract.date_end and latest > contract.date_end):
                raise ValidationError(
                    self.env._(
                        "Fees begin on %(latest)s at the latest, but the contract runs %(span)s. "
                        "Choose a day within it.",
                        latest=latest,
                        span=contract._describe_span(),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        contracts = super().create(vals_list)
        contracts._defer_lines()
        return contracts

    def write(self, vals):
        result = super().write(vals)
        if {"billing_start", "date_billing_latest", "date_start", "line_ids", "plan_id"} & set(vals):
            self._defer_lines()
        return result

    def action_apply_plan(self):
        """Let the lines of the plan wait for the go-live as well.

        :return: True
        """
        result = super().action_apply_plan()
        self._defer_lines()
        return result

    def _check_can_activate(self):
        result = super()._check_can_activate()
        if self.billing_start == "go_live":
            self._check_go_live_terms()
        return result

    def _check_go_live_terms(self):
        if not self.date_billing_latest:
            raise UserError(
                self.env._(
                    "Fees of contract %(contract)s begin at the go-live: say on which day at the latest.",
                    contract=self.name,
                )
            )
        self._defer_lines()
        early = self.step_ids.filtered(lambda step: step.date_start < self.date_billing_latest)
        if early:
            raise UserError(
                self.env._(
                    "The ramp of contract %(contract)s has a step on %(day)s, while fees may begin as late as "
                    "%(latest)s. Let the steps begin on that day or later.",
                    contract=self.name,
                    day=early[0].date_start,
                    latest=self.date_billing_latest,
                )
            )

    def _defer_lines(self):
        """Let the recurring lines of drafts begin on the latest day, or with the contract again."""
        for contract in self.filtered(lambda one: one.state == "draft"):
            waits = contract.billing_start == "go_live" and contract.date_billing_latest
            lines = contract.line_ids.filtered(lambda line: line.charge_type != "one_time")
            once = contract.line_ids - lines
            if waits:
                # A line that was agreed for a later day than the latest one has its own.
                new = lines.filtered(lambda line, day=waits: line.starts_at_go_live or line.date_start <= day)
                new.write({"starts_at_go_live": True, "date_start": waits})
            astray = (once if waits else contract.line_ids).filtered("starts_at_go_live")
            astray.write({"starts_at_go_live": False, "date_start": contract.date_start})

    def _get_waiting_lines(self, day):
        """Return the lines that begin at the go-live and have not begun by a day."""
        return self.line_ids.filtered(
            lambda line: line.starts_at_go_live and not line._is_void() and line.date_start > day
            and line.date_start == line.contract_id.date_billing_latest
        )  # fmt: skip

    def start_billing(self, date):
        """Let recurring fees that wait for the go-live begin.

        :param date: the first day that is charged, as YYYY-MM-DD; from the contract's start to the latest day agreed
        :return: the id of the amendment; 0 where nothing waits
        """
        self.ensure_one()
        self.check_access("write")
        day = self._parse_date(date, "date")
        if day > self._get_today() or day < self.date_start:
            raise UserError(
                self.env._(
                    "Fees begin with a go-live that has been, from %(start)s on, not on %(day)s.",
                    start=self.date_start,
                    day=day,
                )  # fmt: skip
            )
        return self._start_billing_at_go_live(day).id or 0

    def _start_billing_at_go_live(self, day):
        """Amend the contract so that what waits begins on a day; return the amendment, none where nothing waits."""
        self.ensure_one()
        first = max(day, self.date_start)
        amendments_sudo = self.env["kor.contract.amendment"].sudo()  # it was agreed at signature, whoever goes live
        if self.state not in ("active", "paused") or not self._get_waiting_lines(first):
            return amendments_sudo
        amendment_sudo = amendments_sudo.create(
            {
                "contract_id": self.id,
                "date_effective": first,
                "note": self.env._("Go-live on %(day)s: fees begin, as agreed with the contract.", day=day),
                "change_ids": [fields.Command.create({"kind": "go_live"})],
            }
        )
        amendment_sudo._agree(self.partner_id.display_name, "document")
        return amendment_sudo

    def _describe_billing_start(self):
        """Return from when recurring fees are charged, as customers read it; empty where that is from the start."""
        if self.billing_start != "go_live" or not self.date_billing_latest:
            return ""
        begun = self.line_ids.filtered(lambda line: line.starts_at_go_live and not line._is_void())
        first = min(begun.mapped("date_start"), default=self.date_billing_latest)
        if self.state != "draft" and first <= self._get_today():
            return self.env._("Since %(day)s", day=format_date(self.env, first))
        latest = format_date(self.env, self.date_billing_latest)
        return self.env._("With the go-live, on %(latest)s at the latest", latest=latest)

    def _get_commitment_facts(self):
        facts, words = super()._get_commitment_facts(), self._describe_billing_start()
        return [*facts, (self.env._("Recurring fees begin"), words)] if words else facts

    @api.model
    def _get_frozen_fields(self):
        return super()._get_frozen_fields() | {"billing_start", "date_billing_latest"}

    def _get_reference_day(self):
        """Look at a draft as it will be when its fees have begun."""
        day = super()._get_reference_day()
        if self.state == "draft" and self.billing_start == "go_live" and self.date_billing_latest:
            day = max(day, self.date_billing_latest)
        return day
