from odoo import api, fields, models
from odoo.tools import format_date

from .kor_move_dunning_mixin import SEVERITY


class KorContractServiceMixin(models.AbstractModel):
    """What overdue invoices do to the service that other systems grant, and who is told about collection."""

    _name = "kor.contract.service.mixin"
    _description = "Service by Payment"

    auto_charge = fields.Boolean(
        string="Charge Automatically",
        default=True,
        tracking=True,
        help="Invoices are charged on their due date to the saved payment method, where the company does so.",
    )
    service_state = fields.Selection(
        [("full", "Full"), ("limited", "Limited"), ("suspended", "Suspended")],
        string="Service",
        compute="_compute_service_state",
        store=True,
        tracking=True,
        help="What other systems are to grant. It follows dunning, and is full again as soon as the invoice is paid.",
    )

    @api.depends("invoice_ids.kor_service_effect")
    def _compute_service_state(self):
        for contract in self:
            effects = [effect for effect in contract.invoice_ids.mapped("kor_service_effect") if effect]
            worst = max(effects, key=SEVERITY.get, default="none")
            contract.service_state = "full" if worst == "none" else worst

    def _describe_service(self):
        """Return in a sentence why the service is what it is."""
        self.ensure_one()
        if self.service_state == "full":
            return self.env._("The service runs in full.")
        causes = self.invoice_ids.filtered(lambda move: move.kor_service_effect == self.service_state)
        cause = causes.sorted("invoice_date_due")[:1]
        facts = {
            "invoice": cause.name,
            "amount": cause.currency_id.format(cause.amount_residual),
            "day": format_date(self.env, cause.invoice_date_due),
        }
        if self.service_state == "limited":
            return self.env._(
                "The service is limited until invoice %(invoice)s is paid: %(amount)s were due on %(day)s.", **facts
            )
        return self.env._(
            "The service is suspended until invoice %(invoice)s is paid: %(amount)s were due on %(day)s.", **facts
        )

    def _get_open_invoices(self):
        """Return what the customer owes: posted invoices that are not paid in full, the oldest first."""
        self.ensure_one()
        return self.invoice_ids.filtered(
            lambda move: move.move_type == "out_invoice" and move.state == "posted" and not move._is_kor_settled()
        ).sorted(lambda move: (move.invoice_date_due, move.id))

    def _note_collection(self, line):
        """Tell staff in the contract's history."""
        self.ensure_one()
        self.message_post(body=line)

    def _schedule_collection(self, summary, note, finance=True):
        """Give whoever is in charge an activity.

        :return: the user, who may be nobody
        """
        self.ensure_one()
        candidates = [self.company_id.kor_finance_user_id, self.account_manager_id, self.user_id]
        if not finance:
            candidates = [*candidates[1:], candidates[0]]
        user = next((one for one in candidates if self._can_collect(one)), self.env["res.users"])
        if user:
            self.with_context(lang=user.lang).activity_schedule(
                "mail.mail_activity_data_todo", summary=summary, note=note, user_id=user.id
            )
        return user

    def _can_collect(self, user):
        return bool(user) and user.active and self.with_user(user).has_access("read")

    def _get_collection_author(self):
        """Return who writes about collection: finance, else the company."""
        company = self.company_id
        return company.kor_finance_user_id.partner_id or company.partner_id

    def _get_collection_recipient(self):
        """Return whom to remind: the invoice address, else the customer, whoever has an address."""
        self.ensure_one()
        return next((one for one in (self.partner_invoice_id, self.partner_id) if one.email), self.partner_id.browse())
