from datetime import timedelta
from fractions import Fraction

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import delivery, recognition

MODIFICATIONS = [
    ("prospective", "Prospective"),
    ("catch_up", "Cumulative catch-up"),
    ("separate", "Separate contract"),
]
TREATMENTS = [*MODIFICATIONS, ("price", "Change of price")]


class KorRevenueVersion(models.Model):
    """What a contract promised from a day on, and for how much: frozen when it was agreed, never edited."""

    _name = "kor.revenue.version"
    _description = "Revenue Terms of a Contract"
    _order = "contract_id, id"
    _rec_name = "number"

    contract_id = fields.Many2one("kor.contract", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="contract_id.company_id", store=True)
    currency_id = fields.Many2one(related="contract_id.currency_id", store=True)
    number = fields.Integer(required=True, readonly=True)
    amendment_id = fields.Many2one(
        "kor.contract.amendment", readonly=True, index="btree_not_null", ondelete="restrict", string="Agreed by"
    )
    estimate_id = fields.Many2one(
        "kor.revenue.estimate", readonly=True, index="btree_not_null", ondelete="restrict", string="Estimated by"
    )
    date_effective = fields.Date(string="Holds from", required=True, readonly=True)
    date_known = fields.Date(
        string="Agreed on",
        required=True,
        readonly=True,
        default=fields.Date.context_today,
        help="From this day on it counts in what remains to be earned, also where it holds later.",
    )
    treatment = fields.Selection(TREATMENTS, required=True, readonly=True)
    price = fields.Monetary(
        string="Transaction Price",
        readonly=True,
        help="All fixed fees as far as the contract is enforceable, those of the past included.",
    )
    standalone = fields.Monetary(
        string="Standalone Value", readonly=True, help="What all promises would be sold for alone."
    )
    change = fields.Monetary(string="Change of Price", readonly=True)
    basis = fields.Json(
        readonly=True, help="The promises with their days and standalone prices, as the engine took them."
    )

    basis_html = fields.Html(string="Promises", compute="_compute_basis_html", compute_sudo=True, sanitize=False)

    _number_unique = models.UniqueIndex("(contract_id, number)", "The contract has terms of this number already.")

    @api.depends("basis")
    @api.depends_context("lang")
    def _compute_basis_html(self):
        names = self.env["kor.price.mixin"]._get_revenue_methods()
        for version in self:
            promises = version._get_promises(dict(names)) if version.basis else []
            values = {"promises": promises, "currency": version.currency_id}
            version.basis_html = self.env["ir.qweb"]._render("kor_revenue.version_basis", values)

    def _get_promises(self, methods):
        """Return the promises as they were frozen, for people to read."""
        lines = self.env["kor.contract.line"].browse([one["line"] for one in self.basis["obligations"]]).exists()
        names = {line.id: line.name for line in lines}
        return [
            {
                "name": names.get(one["line"], ""),
                "method": methods.get(one["method"], one["method"]),
                "residual": one["residual"],
                "stretches": [
                    {"from": start, "to": fields.Date.to_date(end) - timedelta(days=1), "value": float(Fraction(value))}
                    for start, end, value in one["stretches"]
                ],
            }
            for one in self.basis["obligations"]
        ]

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("What was agreed is kept as evidence: amend the contract."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_evidence(self):
        raise UserError(self.env._("What was agreed is kept as evidence: amend the contract."))

    def _check_possible(self):
        """Raise where the terms cannot be treated as was chosen: no close could earn by them."""
        for version in self:
            try:
                recognition.curve(version.contract_id.revenue_version_ids._get_engine_versions())
            except delivery.RecognitionError as error:
                raise UserError(str(error)) from error

    def _get_engine_versions(self, progress=()):
        """Return the versions as the engine takes them.

        :param progress: what was noted of each promise, by its key: the same facts for all versions
        """
        noted = dict(progress)
        return [
            recognition.Version(
                day=version.date_effective,
                price=Fraction(version.basis["price"]),
                obligations=tuple(self._read_obligation(one, noted) for one in version.basis["obligations"]),
                treatment=version.treatment,
            )
            for version in self.sorted("number")
        ]

    @api.model
    def _read_obligation(self, one, noted):
        return delivery.Obligation(
            key=one["line"],
            method=one["method"],
            stretches=tuple(
                delivery.Stretch(fields.Date.to_date(start), fields.Date.to_date(end), Fraction(value))
                for start, end, value in one["stretches"]
            ),
            progress=noted.get(one["line"], ()),
            is_residual=one["residual"],
        )

    @api.model
    def _prepare_basis(self, price, since, until, obligations, prices, variable=0):
        """Return the engine's terms as plain JSON, exact.

        :param prices: what was agreed for each promise by itself, by its key
        :param variable: what of the price is an estimate
        """
        return {
            "price": str(price),
            "variable": str(variable),
            "since": fields.Date.to_string(since),
            "until": fields.Date.to_string(until),
            "obligations": [
                {
                    "line": one.key,
                    "method": one.method,
                    "residual": one.is_residual,
                    "agreed": str(prices.get(one.key, 0)),
                    "stretches": [
                        [stretch.start.isoformat(), stretch.end.isoformat(), str(stretch.value)]
                        for stretch in one.stretches
                    ],
                }
                for one in obligations
            ],
        }
