from odoo import api, fields, models
from odoo.exceptions import UserError

# In the context while terms are written as a whole: they are checked once, with all their parts. An object: no caller
# from outside can send one.
WHOLE = object()
OWNERS = {"policy_id", "agreement_id"}


class KorSlaTermsPartMixin(models.AbstractModel):
    """A row of the terms: of a policy, or of an agreement, with which it is frozen."""

    _name = "kor.sla.terms.part.mixin"
    _inherit = ["kor.input.mixin"]
    _description = "Part of a Service Level"

    policy_id = fields.Many2one("kor.sla.policy", index=True, ondelete="cascade")
    agreement_id = fields.Many2one("kor.sla.agreement", index=True, ondelete="cascade")

    _one_owner = models.Constraint(
        "CHECK (num_nonnulls(policy_id, agreement_id) = 1)", "It belongs either to a policy or to an agreement."
    )

    @api.model_create_multi
    def create(self, vals_list):
        if any(bool(vals.get("policy_id")) == bool(vals.get("agreement_id")) for vals in vals_list):
            self._refuse_owner()
        parts = super().create(vals_list)
        parts._check_terms_open()
        parts._check_terms()
        return parts

    def write(self, vals):
        self._check_terms_open()
        result = super().write(vals)
        if OWNERS & set(vals):
            # The terms into which a part is moved have to be open, and within reach, as well.
            if any(bool(part.policy_id) == bool(part.agreement_id) for part in self):
                self._refuse_owner()
            self.check_access("write")
            self._check_terms_open()
        self._check_terms()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_agreed(self):
        self._check_terms_open()
        self._check_terms(without=self)

    def _refuse_owner(self):
        raise UserError(
            self.env._(
                "%(part)s: it belongs either to a policy or to the agreement of a contract. Give one of both.",
                part=self._description,
            )
        )

    def _check_terms_open(self):
        self.agreement_id._check_contract_open()

    def _check_terms(self, without=None):
        """Check the terms of which these are parts, unless they are just being written as a whole."""
        if self.env.context.get("kor_sla_whole") is not WHOLE:
            self.policy_id._check_parts(without)
            self.agreement_id._check_parts(without)
