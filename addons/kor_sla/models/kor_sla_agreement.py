from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tools import format_date

from ..engine.clock import Promise


class KorSlaAgreement(models.Model):
    """What a contract promises from a day on: a copy of a policy, frozen when the contract is agreed."""

    _name = "kor.sla.agreement"
    _inherit = ["kor.sla.terms.mixin", "kor.contract.part.mixin"]
    _description = "SLA Agreement"
    _order = "contract_id, date_start desc, id desc"
    _rec_name = "contract_id"
    _check_company_auto = True

    contract_id = fields.Many2one("kor.contract", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True, index=True)
    currency_id = fields.Many2one(related="contract_id.currency_id")
    contract_state = fields.Selection(related="contract_id.state")
    tier_id = fields.Many2one("kor.tier", ondelete="restrict", help="The tier when it was agreed.")
    policy_id = fields.Many2one(
        "kor.sla.policy",
        string="Copied from",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="Another policy replaces all that stands here.",
    )
    support_level_id = fields.Many2one("kor.support.level", string="Support", ondelete="restrict")
    support_calendar_id = fields.Many2one(
        "resource.calendar",
        string="Support Hours",
        ondelete="restrict",
        help="Those of the support level when it was agreed. Empty: around the clock.",
    )
    amendment_id = fields.Many2one("kor.contract.amendment", readonly=True, index="btree_not_null", ondelete="restrict")
    date_start = fields.Date(string="From", required=True, index=True)
    date_end = fields.Date(string="To", help="The last day, before the next version. Empty: until the contract ends.")
    is_void = fields.Boolean(
        string="Replaced",
        compute="_compute_is_void",
        store=True,
        help="Another version took its place from its first day.",
    )
    status = fields.Selection(
        [
            ("draft", "Draft"),
            ("future", "To come"),
            ("current", "Holds"),
            ("past", "Over"),
            ("replaced", "Replaced"),
        ],
        compute="_compute_status",
        help="Replaced: another version took its place from its first day.",
    )
    target_ids = fields.One2many("kor.sla.target", "agreement_id", string="Targets", copy=True)
    band_ids = fields.One2many("kor.sla.band", "agreement_id", string="Credits by Uptime", copy=True)
    pause_reason_ids = fields.Many2many("kor.sla.pause.reason", string="Pauses for")

    @api.depends("date_start", "date_end")
    def _compute_is_void(self):
        for agreement in self:
            agreement.is_void = bool(
                agreement.date_start and agreement.date_end and agreement.date_end < agreement.date_start
            )

    @api.depends("date_start", "date_end", "contract_id.state", "contract_id.date_end_effective")
    def _compute_status(self):
        for agreement in self:
            agreement.status = agreement._get_status() if agreement.date_start else "draft"

    @api.depends("contract_id.name", "date_start")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for agreement in self:
            agreement.display_name = self.env._(
                "%(contract)s from %(day)s",
                contract=agreement.contract_id.name or "",
                day=format_date(self.env, agreement.date_start) if agreement.date_start else "",
            )

    @api.constrains("contract_id", "date_start", "date_end")
    def _check_versions(self):
        for contract in self.contract_id:
            versions = contract._get_sla_versions()
            for version, following in zip(versions, versions[1:], strict=False):
                if not version.date_end or version.date_end >= following.date_start:
                    raise ValidationError(
                        self.env._(
                            "Contract %(contract)s has a service level from %(first)s already: another one from "
                            "%(second)s is made by an amendment.",
                            contract=contract.name,
                            first=version.date_start,
                            second=following.date_start,
                        )
                    )

    def write(self, vals):
        if not {"policy_id", "uptime_target", "support_level_id"} & set(vals):
            return super().write(vals)
        self._check_plain_input([vals])
        for agreement in self:
            super(KorSlaAgreement, agreement).write(agreement._complete(vals))
        self._tell_contracts()
        return True

    def _complete(self, vals):
        """Return values with what follows from them: the terms of a policy, bands up to a target, hours of support."""
        policy = self.env["kor.sla.policy"].browse(vals.get("policy_id") or ())
        level = self.env["kor.support.level"].browse(vals.get("support_level_id") or ())
        target = float(vals.get("uptime_target", policy.uptime_target or self.uptime_target))
        values = {"support_calendar_id": level.calendar_id.id} if "support_level_id" in vals else {}
        if policy:
            terms = policy._copy_terms(target)
            for name in ("target_ids", "band_ids"):
                terms[name] = [Command.clear(), *terms[name]]
            values |= terms
        elif "uptime_target" in vals:
            values["band_ids"] = [Command.clear(), *(Command.create(band) for band in self._fit_bands(target))]
        return {**values, **vals}

    def _tell_contracts(self):
        """Let drafts have the uptime target and the support that stand in their agreement."""
        for agreement in self:
            contract = agreement.contract_id
            values = {
                name: agreement._fields[name].convert_to_write(agreement[name], agreement)
                for name in ("uptime_target", "support_level_id")
                if agreement[name] != contract[name]
            }
            if contract.state == "draft" and values:
                contract.write(values)

    def _go_on(self, day, changes, amendment):
        """Let another version hold from a day, and return it.

        :param changes: a dict with `policy`, `uptime_target` and `support_level`, false where they stay
        """
        self.ensure_one()
        date_end, was_from = self.date_end, self.date_start
        values = self._prepare_next(changes)
        self.date_end = max(day, was_from) - timedelta(days=1)
        return self.create(
            {**values, "date_start": max(day, was_from), "date_end": date_end, "amendment_id": amendment.id}
        )

    def _prepare_copy(self, day):
        """Return plain values of a copy that begins on a day and belongs to no contract yet."""
        return {
            **self._copy_terms(self.uptime_target),
            "tier_id": self.tier_id.id,
            "policy_id": self.policy_id.id,
            "support_level_id": self.support_level_id.id,
            "support_calendar_id": self.support_calendar_id.id,
            "date_start": day,
        }

    def _prepare_next(self, changes):
        """Return the values of a version that differs from this one by some changes."""
        policy, level = changes["policy"], changes["support_level"]
        target = changes["uptime_target"] or policy.uptime_target or self.uptime_target
        values = {**self._prepare_copy(self.date_start), **(policy or self)._copy_terms(target)}
        if policy:
            values["policy_id"] = policy.id
        if level:
            values |= {"support_level_id": level.id, "support_calendar_id": level.calendar_id.id}
        return {**values, "contract_id": self.contract_id.id}

    def _get_status(self):
        contract = self.contract_id
        today = contract._get_today()
        if self.is_void:
            return "replaced"
        if contract.state == "draft":
            return "draft"
        if contract.state in ("ended", "cancelled") or (self.date_end and self.date_end < today):
            return "past"
        return "future" if self.date_start > today else "current"

    def _runs_at(self, day):
        return self.date_start <= day and (not self.date_end or day <= self.date_end)

    def _has_support_hours(self):
        return bool(self.support_calendar_id)

    def _get_tz(self):
        """Return the time zone in which months and hours of the agreement begin and end."""
        return self.tz or self.contract_id.tz or "UTC"

    def _get_worktime_calendar(self, hours):
        """Return the calendar of a target's hours, empty for around the clock.

        :param hours: `support` or `always`
        """
        return self.support_calendar_id if hours == "support" else self.support_calendar_id.browse()

    def _get_promises(self):
        """Return the engine's promises by priority; a priority without a target has none."""
        self.ensure_one()
        return {
            target.priority: Promise(
                target.response_minutes * 60 or None,
                target.next_response_minutes * 60 or None,
                target.resolution_minutes * 60 or None,
                target.hours,
            )
            for target in self.target_ids
        }

    def _get_engine_bands(self):
        """Return the engine's bands, the lowest first."""
        self.ensure_one()
        return self.band_ids._as_engine_bands()

    def _describe_level(self):
        """Return the service level in one line."""
        facts = [
            (self.env._("Uptime"), self._describe_uptime_target()),
            (self.env._("Support"), self.support_level_id.name),
            *self._get_service_facts(),
        ]
        return "; ".join(f"{label}: {text}" for label, text in facts if text)

    def _as_plain(self):
        """Return what is promised as plain JSON, an empty dict where nothing is."""
        if not self:
            return {}
        return {
            "id": self.id,
            "policy": self.policy_id.name or "",
            "date_start": fields.Date.to_string(self.date_start),
            "date_end": fields.Date.to_string(self.date_end) or "",
            "uptime_target": self.uptime_target,
            "support_level": self.support_level_id.code or "",
            "summary": self._describe_level(),
            "targets": [target._copy_values() for target in self.target_ids],
            "credits": [
                {"from": band.starts_at, "below": band.below, "percent": band.credit} for band in self.band_ids
            ],
        }
