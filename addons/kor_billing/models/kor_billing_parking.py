from odoo import fields, models
from odoo.exceptions import AccessError, UserError

KINDS = [
    ("error", "Error"),
    ("bound", "Safety Bound"),
    ("order", "No Purchase Order"),
    ("reading", "No Reading"),
]


class BillingParked(UserError):
    """A contract cannot be billed now, for a reason of one of the kinds of `kor.billing.parking`."""

    def __init__(self, message, kind):
        super().__init__(message)
        self.kind = kind


class KorBillingParking(models.Model):
    """A contract that billing runs leave out, since when, and why; kept as a history once it is mended."""

    _name = "kor.billing.parking"
    _description = "Parked Contract"
    _order = "id desc"
    _rec_name = "contract_id"

    contract_id = fields.Many2one("kor.contract", required=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one(related="contract_id.partner_id")
    company_id = fields.Many2one("res.company", required=True, index=True)
    kind = fields.Selection(KINDS, required=True)
    reason = fields.Text(required=True)
    run_id = fields.Many2one("kor.billing.run", string="Run", index="btree_not_null", ondelete="set null")
    date_parked = fields.Datetime(string="Since", required=True, default=fields.Datetime.now)
    date_mended = fields.Datetime(string="Until", help="When the contract was billed after all.")
    tries = fields.Integer(default=1, help="How often billing has found the same reason.")
    retry_date = fields.Date(related="contract_id.billing_retry_date", string="Next Try")

    _parked_unique = models.UniqueIndex("(contract_id) WHERE date_mended IS NULL", "This contract is parked already.")

    def action_retry(self):
        """Bill the contracts again at once.

        :return: True
        """
        self.check_access("read")
        return self.contract_id.action_retry_billing()

    def action_bill_anyway(self):
        """Bill the contracts once past the safety bounds.

        :return: True
        """
        if not self.env.user.has_group("kor_billing.group_kor_billing_manager"):
            raise AccessError(self.env._("Only administrators of Billing can bill past a safety bound."))
        self.check_access("read")
        return self.contract_id.action_bill_anyway()

    def _park(self, contract, kind, reason, run=None):
        """Note that a contract is parked, or that it still is."""
        parked = self.search([("contract_id", "=", contract.id), ("date_mended", "=", False)])
        values = {"kind": kind, "reason": reason, "run_id": run.id if run else parked.run_id.id}
        if parked:
            same = parked.reason == reason
            parked.write({**values, "tries": parked.tries + 1 if same else 1})
        else:
            self.create({**values, "contract_id": contract.id, "company_id": contract.company_id.id})
