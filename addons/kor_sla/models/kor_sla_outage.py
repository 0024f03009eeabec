from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_datetime

from ..tools import check_weight

# What people may correct about an outage that signals made: from then on signals leave it alone.
MEASURED_FIELDS = {"state", "weight", "date_start", "date_end", "service_id"}
# In the context of what signals write. An object: no caller from outside can send one.
SIGNALLING = object()


class KorSlaOutage(models.Model):
    """An interval in which a service was not as it should be."""

    _name = "kor.sla.outage"
    _inherit = [
        "kor.sla.outage.announce.mixin",
        "kor.sla.outage.report.mixin",
        "kor.sla.fact.mixin",
        "kor.input.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "Outage"
    _order = "date_start desc, id desc"
    _check_company_auto = True

    name = fields.Char(required=True, help="What customers read about it.")
    service_id = fields.Many2one("kor.sla.service", required=True, index=True, ondelete="restrict", check_company=True)
    company_id = fields.Many2one(related="service_id.company_id", store=True, index=True)
    contract_ids = fields.Many2many(
        "kor.contract", string="Only for", help="Contracts that it touched. Empty: all that rest on the service."
    )
    state = fields.Selection(
        [("down", "Down"), ("degraded", "Degraded"), ("maintenance", "Maintenance"), ("unknown", "Unknown")],
        required=True,
        default="down",
        tracking=True,
        help="Down counts in full, degraded with its weight. Maintenance counts as agreed with each customer, and in "
        "full where it was not announced in time. Unknown is left out of what is measured.",
    )
    weight = fields.Float(
        default=1.0,
        digits=(16, 4),
        tracking=True,
        aggregator=False,
        help="Of degraded service: the share of its time that counts as down, from 0 to 1.",
    )
    date_start = fields.Datetime(
        string="From", required=True, default=fields.Datetime.now, index=True, tracking=True, copy=False
    )
    date_end = fields.Datetime(string="To", index=True, tracking=True, copy=False, help="Empty: it goes on.")
    date_until = fields.Datetime(
        string="So Far", compute="_compute_date_until", search="_search_date_until", help="Its end, or now."
    )
    duration = fields.Float(
        string="Hours", compute="_compute_duration", store=True, help="From start to end. 0 while it goes on."
    )
    phase = fields.Selection(
        [("planned", "Planned"), ("running", "Running"), ("over", "Over")],
        compute="_compute_phase",
        search="_search_phase",
    )
    is_excluded = fields.Boolean(
        string="Excluded", tracking=True, copy=False, help="Counts for nothing, such as where the customer caused it."
    )
    exclusion_reason = fields.Text(copy=False, help="Why it counts for nothing. Customers read it.")
    cause = fields.Text(copy=False, help="For customers, once it is known.")
    note = fields.Text(copy=False, help="For staff.")
    monitor_id = fields.Many2one("kor.sla.monitor", readonly=True, copy=False, index="btree_not_null")
    fingerprint = fields.Char(readonly=True, copy=False, help="The alert, as the monitor calls it.")
    key = fields.Char(readonly=True, copy=False, help="By which the system that reported it knows it.")
    monitor_text = fields.Text(string="What the Monitor Said", readonly=True, copy=False)
    is_manual = fields.Boolean(
        string="Corrected by Hand",
        readonly=True,
        copy=False,
        help="People have set its times or its state: signals that come later change it no more.",
    )

    _signal_unique = models.UniqueIndex(
        "(monitor_id, fingerprint, key) WHERE monitor_id IS NOT NULL", "This alert has an outage of that start already."
    )
    _key_unique = models.UniqueIndex(
        "(service_id, key) WHERE monitor_id IS NULL AND key IS NOT NULL",
        "The service has an outage with this key already.",
    )
    _span_idx = models.Index("(service_id, date_start, date_end)")

    @api.depends("date_start", "date_end")
    def _compute_duration(self):
        for outage in self:
            start, end = outage.date_start, outage.date_end
            outage.duration = (end - start).total_seconds() / 3600 if start and end else 0

    @api.depends("date_end")
    def _compute_date_until(self):
        now = fields.Datetime.now()
        for outage in self:
            outage.date_until = outage.date_end or max(now, outage.date_start or now)

    def _search_date_until(self, operator, value):
        if operator in (">", ">="):
            return Domain("date_end", operator, value) | Domain("date_end", "=", False)
        return Domain("date_end", operator, value) if operator in ("<", "<=") else NotImplemented

    @api.depends("date_start", "date_end")
    def _compute_phase(self):
        now = fields.Datetime.now()
        for outage in self:
            begun = outage.date_start and outage.date_start <= now
            over = outage.date_end and outage.date_end <= now
            outage.phase = "over" if over else "running" if begun else "planned"

    def _search_phase(self, operator, value):
        if operator != "in":
            return NotImplemented
        now = fields.Datetime.now()
        over, planned = Domain("date_end", "<=", now), Domain("date_start", ">", now)
        phases = {"over": over, "planned": planned, "running": ~planned & (Domain("date_end", "=", False) | ~over)}
        return Domain.OR(phases[one] for one in value if one in phases)

    @api.constrains("date_start", "date_end")
    def _check_dates(self):
        for outage in self:
            if outage.date_end and outage.date_end < outage.date_start:
                raise ValidationError(
                    self.env._(
                        "The outage ends on %(end)s, before it starts on %(start)s: its end is later than its start.",
                        end=format_datetime(self.env, outage.date_end),
                        start=format_datetime(self.env, outage.date_start),
                    )
                )

    @api.constrains("state", "date_end", "date_start")
    def _check_future(self):
        # The clock of another server can be a little ahead.
        soon = fields.Datetime.add(fields.Datetime.now(), minutes=5)
        for outage in self.filtered(lambda one: one.state != "maintenance"):
            if outage.date_start > soon or (outage.date_end and outage.date_end > soon):
                raise ValidationError(
                    self.env._("Only maintenance can be planned: nobody knows of an outage that is still to come.")
                )

    @api.constrains("weight")
    def _check_weight(self):
        check_weight(self)

    @api.constrains("is_excluded", "exclusion_reason")
    def _check_exclusion(self):
        for outage in self:
            if outage.is_excluded and not (outage.exclusion_reason or "").strip():
                raise ValidationError(
                    self.env._(
                        "Say why “%(outage)s” counts for nothing: customers read the reason.", outage=outage.name
                    )
                )

    @api.constrains("service_id", "contract_ids")
    def _check_contracts(self):
        for outage in self.filtered("company_id"):
            foreign = outage.contract_ids.filtered(
                lambda contract, outage=outage: contract.company_id != outage.company_id
            )
            if foreign:
                raise ValidationError(
                    self.env._(
                        "Contract %(contract)s is of another company than the service “%(service)s”.",
                        contract=foreign[0].name,
                        service=outage.service_id.name,
                    )
                )

    def write(self, vals):
        if MEASURED_FIELDS & set(vals) and self.env.context.get("kor_signalling") is not SIGNALLING:
            vals = {**vals, "is_manual": True}
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_signalled(self):
        if self.env.context.get("kor_signalling") is SIGNALLING:
            return
        if any(outage.monitor_id for outage in self):
            raise UserError(self.env._("What a monitor said is kept as evidence: exclude the outage, with the reason."))

    def _as_signalled(self):
        """Return the outages for what signals write: it is no correction by hand."""
        return self.with_context(kor_signalling=SIGNALLING)

    def _take_episode(self, values):
        """Write what signals say where it differs, and tell the one who is responsible of an end."""
        self.ensure_one()
        changed = {
            name: value
            for name, value in values.items()
            if value != (self[name].id if self._fields[name].type == "many2one" else self[name])
        }
        closed = not self.date_end and values["date_end"]
        if changed:
            self._as_signalled().write(changed)
        if closed:
            self.activity_feedback(
                ["mail.mail_activity_data_todo"], feedback=self.env._("The monitor says that it is over.")
            )

    def _note_opened(self):
        """Give the one who is responsible for the service something to do, while it goes on."""
        for outage in self.filtered(lambda one: one.service_id.user_id and not one.date_end):
            outage.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=outage.name,
                note=outage.monitor_text,
                user_id=outage.service_id.user_id.id,
            )

    def action_close(self):
        """End the outages now.

        :return: True
        """
        self.check_access("write")
        for outage in self.filtered(lambda one: one.phase == "over"):
            end = format_datetime(self.env, outage.date_end)
            raise UserError(self.env._("“%(outage)s” is over since %(end)s.", outage=outage.name, end=end))
        planned = self.filtered(lambda one: one.phase == "planned")
        if planned:
            raise UserError(
                self.env._(
                    "“%(outage)s” has not begun. Exclude it, with the reason, or give it other times.",
                    outage=planned[0].name,
                )
            )
        self.write({"date_end": fields.Datetime.now()})
        return True

    def action_exclude(self, reason):
        """Let the outages count for nothing.

        :param reason: why, as customers read it
        :return: True
        """
        self.check_access("write")
        if not isinstance(reason, str) or not reason.strip():
            raise UserError(self.env._("Say why the outage counts for nothing: customers read the reason."))
        self.write({"is_excluded": True, "exclusion_reason": reason.strip()})
        return True

    def action_include(self):
        """Let outages that were excluded count again.

        :return: True
        """
        self.check_access("write")
        self.write({"is_excluded": False})
        return True

    def action_open_signals(self):
        """Open what the monitor said about the outage.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_sla.kor_sla_signal_action")
        domain = [("monitor_id", "=", self.monitor_id.id), ("fingerprint", "=", self.fingerprint)]
        return {**action, "domain": domain, "context": {}}

    def _touches(self, contract, tier=None):
        """Tell whether the outage is one of the contract."""
        if not self.service_id._carries(contract, tier):
            return False
        return not self.contract_ids or contract in self.contract_ids

    @api.model
    def _mark_stale(self, contracts, first, last):
        result = super()._mark_stale(contracts, first, last)
        self.env["kor.sla.budget"]._mark_stale(contracts, first, last)
        return result

    @api.model
    def _get_reported_fields(self):
        return MEASURED_FIELDS | {"contract_ids", "date_announced", "is_excluded"}

    def _get_reported_span(self):
        return self.contract_ids, self.date_start, self.date_end or fields.Datetime.now()
