import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)

# In the context of what an amendment writes. An object: no caller from outside can send one.
AMENDING = object()
# In that of what is only looked at, and taken back.
LOOKING = object()

# What the actions write, and nobody else.
STATE_FIELDS = {"state", "date_activated", "date_cancelled"}
# What is agreed with a contract, and cannot be written any more then.
FROZEN_FIELDS = (
    "name",
    "partner_id",
    "company_id",
    "currency_id",
    "tier_id",
    "plan_id",
    "term",
    "term_months",
    "date_start",
    "date_end",
    "date_end_effective",
    "anchor_day",
    "tz",
    "feature_ids",
    "support_level_id",
    "uptime_target",
    "spend_cap",
    "spend_cap_months",
    "renewal_uplift_kind",
    "renewal_uplift",
    "price_index_id",
    "index_floor",
    "index_cap",
    "index_base_month",
    "minimum_months",
    "date_minimum_end",
    "termination_fee_kind",
    "termination_fee",
    "mrr",
    "arr",
)
TRANSITIONS = {
    "active": ("draft", "paused"),
    "paused": ("active",),
    "ended": ("active", "paused"),
    "cancelled": ("draft", "active", "paused"),
}


class KorContractLifecycleMixin(models.AbstractModel):
    """The states of a contract. `_set_state` is the only place that moves one."""

    _name = "kor.contract.lifecycle.mixin"
    _description = "Contract Life Cycle"

    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("active", "Active"),
            ("paused", "Paused"),
            ("ended", "Ended"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    date_activated = fields.Datetime(readonly=True, copy=False)
    date_cancelled = fields.Date(
        string="Cancelled as of",
        readonly=True,
        copy=False,
        tracking=True,
        help="The last day of a cancelled contract. Until then it runs, and is billed, as agreed.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("state", "draft") != "draft" or vals.get("date_activated") or vals.get("date_cancelled"):
                raise UserError(
                    self.env._("A contract is created as a draft. Leave the state out and call action_activate() then.")
                )
        return super().create(vals_list)

    def write(self, vals):
        if STATE_FIELDS & set(vals):
            raise UserError(
                self.env._("The state of a contract is moved by its actions: action_activate(), action_cancel(date).")
            )
        self._check_frozen_fields(vals)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_agreed(self):
        for contract in self:
            if contract.state != "draft":
                raise UserError(
                    self.env._(
                        "Contract %(contract)s is agreed and is kept as evidence. End it with action_cancel(date).",
                        contract=contract.name,
                    )
                )

    def action_activate(self):
        """Agree to the contracts: from now on they are billed, and their terms are frozen.

        :return: True
        """
        self.check_access("write")
        drafts = self.filtered(lambda one: one.state == "draft")
        for contract in drafts:
            contract._check_can_activate()
        drafts._set_state("active", date_activated=fields.Datetime.now())
        (self - drafts)._set_state("active")
        return True

    def action_cancel(self, date=False):
        """Cancel the contracts as of a date, which is their last day; without one, as of today.

        A date to come leaves the contract active until then. What is billed beyond it is given back. Before the first
        day of a contract, any day before it ends the contract at once: nothing is owed.

        :param date: the last day as YYYY-MM-DD
        :return: True
        """
        self.check_access("write")
        for contract in self:
            # Only what is left out means today: an empty text is a mistake of the caller.
            today = date is None or date is False
            contract._terminate(contract._get_today() if today else self._parse_date(date, "date"))
        return True

    def _cancel(self, last_day):
        if self.state == "cancelled":
            return
        start, end = self.date_start, self.date_end
        if self.state != "draft" and last_day < start and not self._has_begun():
            self._set_state("cancelled", date_cancelled=start - timedelta(days=1))
            self.message_post(body=self.env._("Cancelled before its first day: nothing is owed."))
            return
        if self.state != "draft" and (last_day < start or (end and last_day > end)):
            raise UserError(
                self.env._(
                    "Contract %(contract)s runs %(period)s: it cannot be cancelled as of %(date)s. "
                    "Choose a day within the contract.",
                    contract=self.name,
                    period=self._describe_span(),
                    date=last_day,
                )
            )
        if self.state != "draft" and last_day > self._get_today():
            self._write_agreed({"date_cancelled": last_day})
            self.message_post(body=self.env._("Cancelled as of %(date)s; it runs until then.", date=last_day))
        else:
            self._set_state("cancelled", date_cancelled=last_day)

    def _check_can_activate(self):
        """Raise where the contract is not whole enough to be agreed to. Extensible."""
        self.ensure_one()
        if not self.line_ids:
            raise UserError(
                self.env._(
                    "Contract %(contract)s has no lines, so there is nothing to bill. Choose a plan or add lines.",
                    contract=self.name,
                )
            )
        foreign = self.line_ids.charge_id.plan_id.currency_id - self.currency_id
        if foreign:
            raise UserError(
                self.env._(
                    "Contract %(contract)s is in %(right)s, but has lines with prices in %(wrong)s from another plan. "
                    "Apply the plan, or make the lines anew.",
                    contract=self.name,
                    right=self.currency_id.name,
                    wrong=", ".join(foreign.mapped("name")),
                )
            )

    def _set_state(self, target, **values):
        """Move to a state, from those that may; being there already is no error."""
        moving = self.filtered(lambda contract: contract.state != target)
        for contract in moving:
            if contract.state not in TRANSITIONS[target]:
                labels = dict(self._fields["state"]._description_selection(self.env))
                raise UserError(
                    self.env._(
                        "Contract %(contract)s is “%(state)s” and cannot become “%(target)s”.",
                        contract=contract.name,
                        state=labels[contract.state],
                        target=labels[target],
                    )
                )
        moving._write_agreed({"state": target, **values})

    def _write_agreed(self, vals):
        """Write what the actions own, below the guard of write()."""
        # Past the guard of this class only: all other overrides hold.
        return super().write(vals)  # pylint: disable=super-method-mismatch

    @api.model
    def _get_frozen_fields(self):
        """Return the fields that cannot be written once the contract is agreed. Extensible."""
        return set(FROZEN_FIELDS)

    def _check_frozen_fields(self, vals):
        frozen = self._get_frozen_fields() & set(vals)
        if frozen:
            labels = [self._fields[name].get_description(self.env, ["string"])["string"] for name in sorted(frozen)]
            self._check_open(", ".join(labels))

    def _is_amending(self):
        return self.env.context.get("kor_amending") is AMENDING

    def _check_open(self, part):
        """Raise if any of the contracts is agreed already, unless an amendment writes."""
        if self._is_amending():
            return
        agreed = self.filtered(lambda contract: contract.state != "draft")
        if agreed:
            raise UserError(
                self.env._(
                    "Contract %(contract)s is agreed: %(part)s cannot be changed any more. "
                    "Amend it as of a day with amend(date, changes).",
                    contract=agreed[0].name,
                    part=part,
                )
            )

    @api.model
    def _cron_update_states(self):
        """End what has run out, cancel what was cancelled for a day that is over, extend what renews itself."""
        self.env["kor.contract.amendment"]._cron_apply()
        running = self.search([("state", "in", ("active", "paused")), ("date_end_effective", "<", "today +1d")])
        over = running.filtered(lambda contract: contract.date_end_effective < contract._get_today())
        cancelled = over.filtered("date_cancelled")
        renewing = (over - cancelled).filtered(lambda contract: contract._renews_itself())
        cancelled._set_state("cancelled")
        (over - cancelled - renewing)._set_state("ended")
        for contract in renewing:
            try:
                with self.env.cr.savepoint():
                    contract._extend()
            except UserError as error:
                # The others must not wait for it; it is tried again with the next job.
                _logger.warning("Contract %s is not renewed: %s", contract.name, error)
                contract._note_renewal_held(error)
        self._refresh_mrr()
