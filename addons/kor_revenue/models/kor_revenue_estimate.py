from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

NOTES = {"reason"}
SIGNS = {"credit": -1, "bonus": 1}


class KorRevenueEstimate(models.Model):
    """What of a contract's price is uncertain, as it was estimated on a day: kept as evidence, never edited.

    The price changes from that day on, and what of the change belongs to the past is earned on it. Another estimate
    of the same kind replaces it; documents that come meanwhile use it up, so that nothing counts twice.
    """

    _name = "kor.revenue.estimate"
    _inherit = ["kor.input.mixin"]
    _description = "Estimate of Variable Consideration"
    _order = "date desc, id desc"
    _rec_name = "contract_id"
    _check_company_auto = True

    contract_id = fields.Many2one(
        "kor.contract", required=True, index=True, ondelete="restrict", domain="[('revenue_since', '!=', False)]"
    )
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True)
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="contract_id.currency_id", store=True)
    date = fields.Date(
        string="As of", required=True, default=fields.Date.context_today, help="The price changes on this day."
    )
    kind = fields.Selection(
        [("credit", "Credits, penalties, refunds"), ("bonus", "Bonus")],
        required=True,
        default="credit",
        help="Whether it lowers the price or raises it.",
    )
    method = fields.Selection(
        [("expected", "Expected value"), ("likely", "Most likely amount")],
        required=True,
        default="expected",
        help="Expected value: outcomes by their probabilities, where many are alike. Most likely: one of two outcomes.",
    )
    amount = fields.Monetary(
        string="Expected",
        help="What is expected from that day on, without what documents say already. 0: nothing more.",
    )
    included = fields.Monetary(
        compute="_compute_included",
        store=True,
        readonly=False,
        precompute=True,
        help="The constraint: what the price takes in, so that a large part of the revenue will hardly ever be taken "
        "back. Of a bonus at most what is expected; of credits at least that.",
    )
    reason = fields.Text(required=True, help="What the estimate rests on, as an auditor reads it.")
    is_in_force = fields.Boolean(string="In Force", compute="_compute_is_in_force")
    version_ids = fields.One2many("kor.revenue.version", "estimate_id", string="Revenue Terms")

    _amount_not_negative = models.Constraint(
        "CHECK (amount >= 0 AND included >= 0)", "Amounts of an estimate are 0 or more; its kind says what they do."
    )

    @api.depends("amount")
    def _compute_included(self):
        for estimate in self:
            estimate.included = estimate.amount

    @api.depends("contract_id.revenue_estimate_ids")
    def _compute_is_in_force(self):
        for estimate in self:
            estimate.is_in_force = estimate in estimate.contract_id._get_estimates_in_force()

    @api.constrains("amount", "included", "kind")
    def _check_included(self):
        for estimate in self:
            order = estimate.currency_id.compare_amounts(estimate.included, estimate.amount)
            if order * SIGNS[estimate.kind] > 0:
                raise ValidationError(
                    self.env._(
                        "The price takes in at most what is expected of a bonus, and at least what is expected of "
                        "credits: %(included)s is expected as %(amount)s.",
                        included=estimate.currency_id.format(estimate.included),
                        amount=estimate.currency_id.format(estimate.amount),
                    )
                )

    @api.constrains("date", "contract_id")
    def _check_date(self):
        for estimate in self:
            contract = estimate.contract_id
            others = contract.revenue_estimate_ids.filtered(lambda one, own=estimate: one.kind == own.kind) - estimate
            first = max([contract.revenue_since, *others.mapped("date")])
            last = min(contract.date_enforceable_end, contract._get_today())
            if not first <= estimate.date <= last:
                raise ValidationError(
                    self.env._(
                        "Contract %(contract)s can be estimated as of a day from %(first)s to %(last)s.",
                        contract=contract.name,
                        first=first,
                        last=last,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        contracts_sudo = self.env["kor.contract"].sudo()  # the terms that follow are frozen, whoever estimates
        contracts_sudo = contracts_sudo.browse({vals.get("contract_id") for vals in vals_list})
        contracts_sudo._check_can_estimate()
        for contract_sudo in contracts_sudo:
            # What else has changed is no part of the estimate.
            contract_sudo._note_revenue_terms()
        estimates = super().create(vals_list)
        for estimate in estimates.sorted(lambda one: (one.date, one.id)):
            estimate.sudo().contract_id._note_estimate(estimate)  # as above
        return estimates

    def write(self, vals):
        if set(vals) - NOTES:
            raise UserError(
                self.env._("An estimate is kept as evidence: make another one, which replaces it from its day.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_evidence(self):
        raise UserError(self.env._("An estimate is kept as evidence: make another one, which replaces it."))
