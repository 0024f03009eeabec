from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal

from ..engine import health

# In the context of weights that are written with their model, which checks them as a whole afterwards. An object: no
# caller from outside can send one.
WITH_MODEL = object()


class KorHealthModel(models.Model):
    """How health is measured: the weight of each component, and where the bands begin."""

    _name = "kor.health.model"
    _inherit = ["kor.input.mixin"]
    _description = "Health Model"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    tier_ids = fields.Many2many("kor.tier", string="Tiers", help="Empty: for tiers without a model of their own.")
    company_id = fields.Many2one("res.company", index=True, help="Empty: for all companies.")
    weight_ids = fields.One2many("kor.health.weight", "model_id", string="Weights", copy=True)
    weight_total = fields.Float(string="Total (%)", compute="_compute_weight_total", help="The weights must make 100.")
    healthy_from = fields.Float(default=70.0, help="The score at which an account is healthy.")
    watch_from = fields.Float(default=45.0, help="The score at which it is watched; below, it is at risk.")
    least_coverage = fields.Float(
        default=30.0, help="With less of the weights known (%), an account has no band: nothing is known of it yet."
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    @api.depends("weight_ids.weight")
    def _compute_weight_total(self):
        for model in self:
            model.weight_total = sum(model.weight_ids.mapped("weight"))

    @api.constrains("healthy_from", "watch_from", "least_coverage")
    def _check_bands(self):
        for model in self:
            if not 0 < model.watch_from < model.healthy_from <= 100:
                raise ValidationError(
                    self.env._(
                        "Accounts are watched from %(watch)s on and healthy from %(healthy)s on: the first must be "
                        "more than 0 and less than the second, which is 100 at most.",
                        watch=model.watch_from,
                        healthy=model.healthy_from,
                    )
                )
            if not 0 <= model.least_coverage <= 100:
                raise ValidationError(
                    self.env._(
                        "The least coverage is a percentage from 0 to 100, not %(value)s.", value=model.least_coverage
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        made = super(KorHealthModel, self.with_context(kor_weights=WITH_MODEL)).create(vals_list).with_env(self.env)
        made._check_weights()
        return made

    def write(self, vals):
        result = super(KorHealthModel, self.with_context(kor_weights=WITH_MODEL)).write(vals)
        if "weight_ids" in vals:
            self._check_weights()
        return result

    def _check_weights(self):
        """Refuse weights that do not make 100 together: of a model as a whole, never half-way through a change."""
        if self.env.context.get("kor_weights") is WITH_MODEL:
            return
        for model in self:
            try:
                health.check_weights(model._get_engine_weights(named=True))
            except health.HealthError as error:
                raise ValidationError(": ".join((model.name, str(error)))) from error

    def _get_engine_weights(self, named=False):
        """Return the weights as the engine takes them; named as people read them, for its refusals."""
        labels = dict(self.env["kor.health.weight"]._fields["component"]._description_selection(self.env))
        return tuple(
            health.Weight(
                labels[one.component] if named else one.component,
                to_decimal(one.weight),
                to_decimal(one.worst),
                to_decimal(one.best),
            )
            for one in self.weight_ids
        )

    def _get_engine_bands(self):
        self.ensure_one()
        return health.Bands(*map(to_decimal, (self.healthy_from, self.watch_from, self.least_coverage)))

    @api.model
    def _find_models(self, accounts):
        """Return {account: the model it is measured by}: its own, that of its tier, or the one for all tiers.

        A model of the company goes before one for all companies.
        """
        models_sudo = self.sudo()  # of all companies; the accounts tell which fits
        every = models_sudo.search([])  # pylint: disable=no-search-all  # one or a few a company
        every = every.sorted(lambda model: (not model.tier_ids, not model.company_id, model.sequence, model.id))
        keys = {account: (account.tier_id, account.company_id) for account in accounts}
        fitting = {
            (tier, company): next(
                (
                    model
                    for model in every
                    if model.company_id in (company, company.browse())
                    and (not model.tier_ids or tier in model.tier_ids)
                ),
                self.browse(),
            )
            for tier, company in set(keys.values())
        }
        found = {account: account.health_model_id or fitting[key] for account, key in keys.items()}
        return {account: model for account, model in found.items() if model}
