from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command

from odoo.addons.base.models.res_partner import _tz_get
from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal
from odoo.addons.kor_enterprise_tiers.tools import format_quantity

from ..engine.credits import BandError, check_bands
from .kor_sla_terms_part_mixin import WHOLE

PERCENTS = ("uptime_target", "penalty_cap", "response_credit", "resolution_credit")
AMOUNTS = (
    "maintenance_minutes",
    "maintenance_notice_hours",
    "reopening_days",
    "penalty_minimum",
    "dispute_days",
)


class KorSlaTermsMixin(models.AbstractModel):
    """What is promised: of a policy, and of a contract's own agreement, which is a copy of one."""

    _name = "kor.sla.terms.mixin"
    _inherit = ["kor.sla.words.mixin"]
    _description = "Terms of a Service Level"

    uptime_target = fields.Float(
        string="Uptime (%)",
        digits=(16, 4),
        help="The share of the measured time in which the service is available. 0: none is promised.",
        tracking=True,
    )
    uptime_calendar_id = fields.Many2one(
        "resource.calendar",
        string="Measured in",
        ondelete="restrict",
        help="Hours in which availability counts. Empty: around the clock.",
        tracking=True,
    )
    tz = fields.Selection(
        _tz_get,
        string="Time Zone",
        help="Where its months and hours begin and end. Empty: that of the contract.",
        tracking=True,
    )
    maintenance_minutes = fields.Integer(
        string="Maintenance (minutes a month)",
        help="How much announced maintenance counts as no downtime. What goes beyond it does.",
        tracking=True,
    )
    maintenance_notice_hours = fields.Integer(
        string="Notice (hours)",
        help="How long ahead maintenance is announced. Announced later, it is downtime.",
        tracking=True,
    )
    reopening = fields.Selection(
        [("continue", "The clock goes on"), ("restart", "A new clock begins")],
        required=True,
        default="continue",
        help="What happens to the time of resolution where a resolved ticket is opened again.",
        tracking=True,
    )
    reopening_days = fields.Integer(
        default=14,
        help="How long a resolved ticket can be opened again; afterwards it is a new one.",
        tracking=True,
    )
    penalty_mode = fields.Selection(
        [("none", "No credits"), ("approval", "After approval"), ("automatic", "Automatic")],
        string="Credits",
        required=True,
        default="approval",
        tracking=True,
    )
    penalty_base = fields.Selection(
        [("recurring", "Recurring fees of the month"), ("all", "All fees of the month, with use")],
        string="Credits on",
        required=True,
        default="recurring",
        tracking=True,
    )
    penalty_cap = fields.Float(
        string="Credits at Most (%)",
        digits=(16, 4),
        default=100,
        help="Of the same fees: of all credits of a month together.",
        tracking=True,
    )
    penalty_minimum = fields.Float(
        string="Not Issued up to",
        digits=(16, 2),
        help="Credits of a month that are no more than this are not issued.",
        tracking=True,
    )
    response_credit = fields.Float(
        string="Late Response (%)",
        digits=(16, 4),
        help="Credit for each ticket that was answered late.",
        tracking=True,
    )
    resolution_credit = fields.Float(
        string="Late Resolution (%)",
        digits=(16, 4),
        help="Credit for each ticket that was resolved late.",
        tracking=True,
    )
    dispute_days = fields.Integer(default=30, tracking=True, help="How long a customer can dispute a monthly report.")
    terms_html = fields.Html(string="Reads", compute="_compute_terms_html", sanitize=False)

    # No dependency: it is looked at anew whenever the form is read.
    @api.depends_context("lang")
    def _compute_terms_html(self):
        for terms in self:
            terms.terms_html = self.env["ir.qweb"]._render("kor_sla.terms", {"terms": terms})

    @api.constrains(*PERCENTS, *AMOUNTS)
    def _check_terms_figures(self):
        for terms in self:
            for name in PERCENTS:
                if not 0 <= terms[name] <= 100:
                    raise ValidationError(
                        self.env._(
                            "%(field)s is a percentage from 0 to 100, not %(value)s.",
                            field=terms._get_terms_label(name),
                            value=format_quantity(self.env, terms[name]),
                        )
                    )
            for name in AMOUNTS:
                if terms[name] < 0:
                    raise ValidationError(
                        self.env._(
                            "%(field)s is 0 or more, not %(value)s.",
                            field=terms._get_terms_label(name),
                            value=format_quantity(self.env, terms[name]),
                        )
                    )

    @api.constrains("target_ids", "band_ids", "uptime_target")
    def _check_whole(self):
        self._check_parts()

    @api.model_create_multi
    def create(self, vals_list):
        whole = self.with_context(kor_sla_whole=WHOLE)
        return super(KorSlaTermsMixin, whole).create(vals_list).with_env(self.env)

    def write(self, vals):
        return super(KorSlaTermsMixin, self.with_context(kor_sla_whole=WHOLE)).write(vals)

    @api.model
    def _valid_field_parameter(self, field, name):
        # Policies track; an agreement cannot change once it holds.
        return name == "tracking" or super()._valid_field_parameter(field, name)

    def _get_terms_label(self, name):
        return self._fields[name].get_description(self.env, ["string"])["string"]

    @api.model
    def _get_terms_fields(self):
        """Return the names of the fields that make up the terms, beside targets, bands and pauses."""
        fields_ = self.env["kor.sla.terms.mixin"]._fields
        return [name for name, field in fields_.items() if field.store and name != "id"]

    def _check_parts(self, without=None):
        """Raise where the targets or the bands do not fit together.

        :param without: parts that are about to be deleted
        """
        for terms in self:
            targets = terms.target_ids - without if without and without._name == "kor.sla.target" else terms.target_ids
            bands = terms.band_ids - without if without and without._name == "kor.sla.band" else terms.band_ids
            terms._check_targets(targets)
            terms._check_bands(bands)

    def _check_targets(self, targets):
        for same in targets.grouped("priority").values():
            if len(same) > 1:
                labels = dict(targets._fields["priority"]._description_selection(self.env))
                raise ValidationError(
                    self.env._(
                        "There are %(count)s targets for the priority %(priority)s. Keep one.",
                        count=len(same),
                        priority=labels[same[0].priority],
                    )
                )

    def _check_bands(self, bands):
        if not bands:
            return
        # Where the target is agreed with each customer, the first band is made to reach up to it then.
        top = self.uptime_target or max(bands.mapped("below"))
        try:
            check_bands(bands._as_engine_bands(), to_decimal(top))
        except BandError as error:
            raise ValidationError(self.env._("Credits by uptime: %(problem)s", problem=error)) from error

    def _copy_terms(self, uptime_target):
        """Return plain values of a copy for an agreement, with bands that reach up to an uptime target."""
        self.ensure_one()
        values = {name: self._fields[name].convert_to_write(self[name], self) for name in self._get_terms_fields()}
        return {
            **values,
            "uptime_target": uptime_target,
            "target_ids": [Command.create(target._copy_values()) for target in self.target_ids],
            "band_ids": [Command.create(band) for band in self._fit_bands(uptime_target)],
            "pause_reason_ids": [Command.set(self.pause_reason_ids.ids)],
        }

    def _fit_bands(self, uptime_target):
        """Return plain values of bands that reach up to an uptime target; those above it fall away."""
        bands = self.band_ids.filtered(lambda band: band.starts_at < uptime_target)
        bands = bands.sorted("below", reverse=True)
        return [
            {
                "starts_at": band.starts_at,
                "below": uptime_target if band == bands[0] else band.below,
                "credit": band.credit,
            }
            for band in bands
        ]
