import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import format_quantity

CODE_PATTERN = re.compile(r"[a-z][a-z0-9_]*")


class KorMetric(models.Model):
    """Name one countable thing: limits, prices, usage and costs all point at it."""

    _name = "kor.metric"
    _description = "Metric"
    _inherit = ["kor.code.mixin"]
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True,
        copy=False,
        help="Technical name in small letters, digits and underscores, e.g. api_calls. "
        "Systems that report usage send this code.",
    )
    unit = fields.Char(required=True, translate=True, help="What one is called, e.g. user, GB, call.")
    unit_plural = fields.Char(
        string="Units",
        translate=True,
        help="What several are called, e.g. users. Empty when it is the same word, as in GB.",
    )
    aggregation = fields.Selection(
        [
            ("sum", "Sum"),
            ("max", "Highest value"),
            ("latest", "Latest value"),
            ("unique_count", "Number of different values"),
            ("time_weighted", "Average over time"),
        ],
        required=True,
        default="sum",
        help="How reported values become the quantity of a period. A sum counts what happened in the "
        "period, so its limits are limits of a month; the others measure what is held.",
    )
    description = fields.Text(translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_unique = models.Constraint("UNIQUE (code)", "Another metric already has this code.")

    @api.constrains("code")
    def _check_code(self):
        for metric in self:
            if not CODE_PATTERN.fullmatch(metric.code):
                raise ValidationError(
                    self.env._(
                        "“%(code)s” is no metric code: use small letters, digits and underscores, starting "
                        "with a letter, e.g. api_calls.",
                        code=metric.code,
                    )
                )

    def _get_unit_name(self, quantity):
        """Return the name of the unit that fits a quantity."""
        return (self.unit_plural if quantity != 1 else self.unit) or self.unit or ""

    def _describe_quantity(self, quantity):
        """Return a quantity with its unit; of no metric at all, the number alone."""
        return f"{format_quantity(self.env, quantity)} {self._get_unit_name(quantity)}".strip()
