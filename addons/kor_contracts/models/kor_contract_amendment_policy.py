import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)


class KorContractAmendment(models.Model):
    """Take day and credit of a change of tier from the policy for it, and know renewals."""

    _inherit = "kor.contract.amendment"

    is_renewal = fields.Boolean(readonly=True, copy=False, help="It adds a term to the contract.")
    is_signature = fields.Boolean(
        string="Agreed at Signature", readonly=True, copy=False, help="A step that was planned with the contract."
    )
    index_month = fields.Date(readonly=True, copy=False)
    policy_reason = fields.Char(
        string="Policy", compute="_compute_policy_reason", help="What the policy says of this change of tier."
    )

    @api.depends("change_ids.plan_id", "contract_id.tier_id", "contract_id.date_end", "state")
    @api.depends_context("lang")
    def _compute_policy_reason(self):
        for amendment in self:
            amendment.policy_reason = amendment._propose_policy().get("reason", "")

    @api.model_create_multi
    def create(self, vals_list):
        amendments = super().create(vals_list)
        for amendment, vals in zip(amendments, vals_list, strict=True):
            # A day that was chosen stays, and so does what is given back then.
            if "date_effective" not in vals:
                amendment._take_policy(keep=vals)
        return amendments

    def action_take_policy(self):
        """Set day and credit of drafts as the policy for their change of tier says.

        :return: True
        """
        self._check_can_amend()
        self._check_draft()
        for amendment in self:
            amendment._take_policy()
        return True

    def _take_policy(self, keep=()):
        proposed = self._propose_policy()
        values = {
            name: proposed[name] for name in ("date_effective", "credit") if name in proposed and name not in keep
        }
        if values:
            self.write(values)

    def _propose_policy(self):
        """Return day, credit and reason that the policy has for the change of tier; empty where there is none."""
        self.ensure_one()
        plan = self.change_ids.filtered(lambda change: change.kind == "plan").plan_id[-1:]
        if not plan or self.state != "draft":
            return {}
        return self.contract_id._propose_tier_change(plan.tier_id)

    def _apply(self):
        contract, kinds = self.contract_id, self.change_ids.mapped("kind")
        # A step of the ramp waits for its term; who cancels with the end wants no other.
        needed = self.date_effective - timedelta(days="cancel" in kinds)
        if not (self.is_renewal or self.is_signature) and contract._renews_itself() and needed > contract.date_end:
            # It holds in the next term, which has to be there.
            contract._extend(needed)
        self._check_within()
        return super()._apply()

    def _check_within(self):
        """Raise where the amendment holds after the end of a contract that nothing prolongs."""
        contract, day, kinds = self.contract_id, self.date_effective, set(self.change_ids.mapped("kind"))
        prolonged = self.is_signature or contract.renewal_amendment_id or kinds & {"term", "cancel"}
        if contract.date_end and day > contract.date_end and not prolonged:
            raise UserError(
                self.env._(
                    "Amendment %(name)s holds from %(day)s, but contract %(contract)s ends on %(end)s. Renew it first, "
                    "or choose an earlier day.",
                    name=self.name,
                    day=day,
                    contract=contract.name,
                    end=contract.date_end,
                )
            )

    def _prepare_preview(self, before, after):
        """Add the policy, and what ending early costs."""
        preview = super()._prepare_preview(before, after)
        fee = self.contract_id.line_ids.filtered(lambda line: line.is_termination_fee and line.amendment_id == self)
        return {
            **preview,
            "policy": self.policy_reason or "",
            "termination_fee": fee.unit_price if fee else 0,
            "termination_reason": fee.fee_reason if fee else "",
        }

    def _apply_due_safely(self):
        """Apply what holds from today; what cannot be applied keeps nobody else waiting."""
        for amendment in self.sorted(lambda one: (one.date_effective, one.id)):
            try:
                with self.env.cr.savepoint():
                    amendment._apply_due()
            except UserError as error:
                _logger.warning("Amendment %s is not applied: %s", amendment.name, error)
                amendment._note_held(error)

    def _note_held(self, reason):
        """Tell whoever is in charge, once, why the amendment is not applied."""
        if not self.activity_search(["mail.mail_activity_data_warning"]):
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("Not applied"),
                note=str(reason),
                user_id=(self.contract_id._get_manager() or self.env.user).id,
            )
