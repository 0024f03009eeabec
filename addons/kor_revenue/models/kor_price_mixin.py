from odoo import api, fields, models


class KorPriceMixin(models.AbstractModel):
    """Say of each charge how it is earned, where it is not as its product says."""

    _inherit = "kor.price.mixin"

    revenue_method = fields.Selection(
        "_get_revenue_methods",
        string="Revenue",
        help="When the charge is earned. Empty: as its product says. It is frozen when the contract is agreed.",
    )
    revenue_months = fields.Integer(
        string="Earned over (months)",
        help="For what is charged once and earned over time. 0: as long as the contract is enforceable.",
    )
    standalone_price = fields.Float(
        min_display_digits=2,
        help="What it is sold for alone, per unit and month (or once). 0: as its product says, else the list price.",
    )
    standalone_residual = fields.Boolean(
        string="Residual",
        help="Its standalone price is not known: it gets what the other promises leave of the contract's price.",
    )

    _revenue_not_negative = models.Constraint(
        "CHECK (revenue_months >= 0 AND standalone_price >= 0)", "Months and standalone prices are 0 or more."
    )

    @api.model
    def _get_revenue_methods(self):
        labels = {  # no pairs: the export of strings takes the key of a pair after a translated one for a string too
            "day": self.env._("By day"),
            "month": self.env._("By month, parts of months by day"),
            "half_month": self.env._("By month, parts count half"),
            "equal": self.env._("Equal parts"),
            "point": self.env._("At once"),
            "progress": self.env._("By progress or milestones"),
            "invoice": self.env._("As invoiced"),
        }
        return list(labels.items())
