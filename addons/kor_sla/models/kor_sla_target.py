from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import describe_minutes

PRIORITIES = [("0", "Low"), ("1", "Medium"), ("2", "High"), ("3", "Urgent")]
MINUTES = ("response_minutes", "next_response_minutes", "resolution_minutes")


class KorSlaTarget(models.Model):
    """How fast tickets of a priority are answered and resolved."""

    _name = "kor.sla.target"
    _inherit = ["kor.sla.terms.part.mixin"]
    _description = "SLA Target"
    _order = "priority desc, id"

    priority = fields.Selection(PRIORITIES, required=True, default="1")
    response_minutes = fields.Integer(string="First Response (minutes)", help="0: no time is promised.")
    next_response_minutes = fields.Integer(
        string="Next Response (minutes)", help="Each time the customer writes again. 0: no time is promised."
    )
    resolution_minutes = fields.Integer(string="Resolution (minutes)", help="0: no time is promised.")
    hours = fields.Selection(
        [("support", "Support hours"), ("always", "Around the clock")],
        required=True,
        default="support",
        help="In which hours the minutes count. Support hours are those of the support level.",
    )
    summary = fields.Char(string="Reads", compute="_compute_summary")

    @api.depends("priority", *MINUTES)
    @api.depends_context("lang")
    def _compute_summary(self):
        for target in self:
            target.summary = target._describe()

    @api.depends("summary")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["priority"]._description_selection(self.env))
        for target in self:
            target.display_name = f"{labels.get(target.priority, '')}: {target.summary}"

    @api.constrains(*MINUTES)
    def _check_minutes(self):
        for target in self:
            problem = target._find_problem()
            if problem:
                label = dict(self._fields["priority"]._description_selection(self.env))[target.priority]
                raise ValidationError(
                    self.env._("Target for priority “%(priority)s”: %(problem)s", priority=label, problem=problem)
                )

    def _find_problem(self):
        """Return a sentence on what is wrong, empty where nothing is."""
        if any(target_minutes < 0 for target_minutes in (self[name] for name in MINUTES)):
            return self.env._("a time is 0 minutes or more; 0 promises none.")
        if self.resolution_minutes and self.response_minutes > self.resolution_minutes:
            return self.env._(
                "the first response comes after %(response)s minutes, later than the resolution after %(resolution)s. "
                "Give it a time that is no longer.",
                response=self.response_minutes,
                resolution=self.resolution_minutes,
            )
        return ""

    def _describe(self):
        parts = [
            (self.response_minutes, self.env._("answered in %(time)s")),
            (self.next_response_minutes, self.env._("each reply in %(time)s")),
            (self.resolution_minutes, self.env._("resolved in %(time)s")),
        ]
        texts = [text % {"time": describe_minutes(self.env, minutes)} for minutes, text in parts if minutes]
        return ", ".join(texts) or self.env._("no time promised")

    def _copy_values(self):
        """Return the plain values of a copy that belongs to nothing yet."""
        return {name: self[name] for name in ("priority", "hours", *MINUTES)}
