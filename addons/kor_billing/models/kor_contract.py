from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import billing


class KorContract(models.Model):
    _name = "kor.contract"
    _inherit = [
        "kor.contract",
        "kor.contract.billing.mixin",
        "kor.contract.bounds.mixin",
        "kor.contract.invoice.mixin",
        "kor.contract.credit.mixin",
        "kor.contract.prepaid.mixin",
        "kor.contract.advice.mixin",
        "kor.contract.estimate.mixin",
        "kor.contract.service.mixin",
    ]

    billing_item_ids = fields.One2many("kor.billing.item", "contract_id", string="Billed Periods")
    invoice_ids = fields.One2many("account.move", "kor_contract_id", string="Invoices")
    # In sudo: contracts are also read by those who may not read invoices.
    invoice_count = fields.Integer(compute="_compute_invoice_count", compute_sudo=True)
    billing_item_count = fields.Integer(compute="_compute_billing_item_count")
    billing_count = fields.Integer(
        default=0, readonly=True, copy=False, help="How often billing has looked at the contract; also its lock."
    )
    next_billing_date = fields.Date(
        compute="_compute_next_billing_date",
        store=True,
        index="btree_not_null",
        help="The first day on which something can be billed that is not billed yet.",
    )
    needs_correction = fields.Boolean(
        readonly=True,
        copy=False,
        help="What a billed period should come to may have changed, by late use or an amendment: the next run looks.",
    )
    billing_error = fields.Text(
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="Why the last billing run left this contract out.",
    )
    billing_retry_date = fields.Date(
        readonly=True, copy=False, groups="base.group_user", help="Billing runs leave the contract out until then."
    )

    def _compute_invoice_count(self):
        moves = self.env["account.move"]
        own = moves._read_group([("kor_contract_id", "in", self.ids)], ["kor_contract_id"], ["id:recordset"])
        shared = self.env["kor.billing.item"]._read_group(
            [("contract_id", "in", self.ids), ("move_id", "!=", False)], ["contract_id"], ["move_id:recordset"]
        )
        found = {contract: moves for contract in self}
        for contract, some in (*own, *shared):
            found[contract] |= some
        for contract in self:
            contract.invoice_count = len(found[contract])

    @api.depends("billing_item_ids")
    def _compute_billing_item_count(self):
        for contract in self:
            contract.billing_item_count = len(contract.billing_item_ids)

    @api.depends(
        "date_activated",
        "date_start",
        "date_end_effective",
        "anchor_day",
        "line_ids.charge_type",
        "line_ids.timing",
        "line_ids.billing_months",
        "line_ids.date_start",
        "line_ids.date_end",
        "line_ids.billed_until",
        "line_ids.anchor_day",
        "billing_item_ids.state",
    )
    def _compute_next_billing_date(self):
        # A draft that was cancelled has been agreed by nobody.
        billed = self.filtered(lambda contract: contract.date_activated and contract.id)
        booked = billed._get_booked()
        (self - billed).next_billing_date = False
        for contract in billed:
            is_booked = booked[contract.id].__contains__
            contract.next_billing_date = billing.next_due(contract._get_engine_terms(), is_booked) or False

    def _note_amended(self, amendment):
        result = super()._note_amended(amendment)
        # What is billed may not be what is owed any more: the next run looks.
        self.filtered("billing_item_ids")._write_agreed({"needs_correction": True})
        return result

    def _cancel(self, last_day):
        result = super()._cancel(last_day)
        # What is billed beyond the last day is given back by the next run.
        self.filtered("billing_item_ids")._write_agreed({"needs_correction": True})
        return result

    def _set_state(self, target, **values):
        result = super()._set_state(target, **values)
        if target in ("cancelled", "ended"):
            # A period that the end cuts short may be billed whole: its day had not come when it was agreed.
            self.filtered("billing_item_ids")._write_agreed({"needs_correction": True})
        return result

    def _check_can_activate(self):
        result = super()._check_can_activate()
        self._check_spend_cap()
        self._check_commitments()
        return result

    def _check_spend_cap(self):
        other = self.line_ids.filtered(
            lambda line: line.charge_type == "usage" and line.billing_months != self.spend_cap_months
        )
        if self.spend_cap and other:
            raise UserError(
                self.env._(
                    "Contract %(contract)s caps the use of %(months)s months, but “%(line)s” is billed every "
                    "%(other)s months. Give the cap and all usage lines the same period.",
                    contract=self.name,
                    months=self.spend_cap_months,
                    line=other[0].name,
                    other=other[0].billing_months,
                )
            )

    def _check_commitments(self):
        for line in self.line_ids.filtered(lambda line: line.charge_type == "commitment"):
            counted = line._get_counted_lines(self.line_ids)
            if not counted:
                raise UserError(
                    self.env._(
                        "Contract %(contract)s: nothing counts towards “%(line)s”. Add a line that does.",
                        contract=self.name,
                        line=line.name,
                    )
                )
            use = counted.filtered(lambda one: one.charge_type == "usage")
            longer = use.filtered(lambda one, months=line.billing_months: months % one.billing_months)
            if longer:
                raise UserError(
                    self.env._(
                        "Contract %(contract)s: the periods of “%(use)s” do not fit into those of “%(line)s”. "
                        "Let its period be a multiple of %(months)s months.",
                        contract=self.name,
                        use=longer[0].name,
                        line=line.name,
                        months=longer[0].billing_months,
                    )
                )

    def _prepare_entitlements(self):
        service = {"service": self.service_state, "reason": self._describe_service()}
        return {**super()._prepare_entitlements(), **service}

    def action_open_invoices(self):
        """Open the contract's invoices.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        return {**action, "domain": [("kor_contract_ids", "in", self.ids)], "context": {"create": False}}

    def action_open_billing_items(self):
        """Open the periods that are billed.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_billing.kor_billing_item_action")
        return {**action, "domain": [("contract_id", "=", self.id)], "context": {}}

    def action_open_invoicing(self):
        """Show what is due today, to invoice it.

        :return: a window action
        """
        self.env["kor.contract"]._check_can_bill()
        return self._prepare_invoice_dialog(self.env._("Invoice"), "due")

    def action_open_invoice_preview(self):
        """Show what the next invoice will be.

        :return: a window action
        """
        return self._prepare_invoice_dialog(self.env._("Preview of the next invoice"), "next")

    def _prepare_invoice_dialog(self, title, span):
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "kor.contract.invoice",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_contract_id": self.id, "default_span": span, "dialog_size": "extra-large"},
        }

    def _get_current_window(self, day=False):
        """Return all that is due on a day, today unless one is given."""
        return billing.Window.as_of(self.date_start, day or self._get_today())

    def _is_due(self, day=False):
        self.ensure_one()
        last = day or self._get_today()
        return self.needs_correction or (bool(self.next_billing_date) and self.next_billing_date <= last)

    def _is_parked(self):
        self.ensure_one()
        return bool(self.billing_retry_date) and self.billing_retry_date > self._get_today()

    def _set_billing_error(self, message):
        """Leave the contract out of billing runs until tomorrow, and tell whoever is in charge."""
        self.ensure_one()
        self._write_agreed({"billing_error": message, "billing_retry_date": self._get_today() + timedelta(days=1)})
        if not self.activity_search(["mail.mail_activity_data_warning"]):
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("Billing failed"),
                note=message,
                user_id=(self._get_manager() or self.env.user).id,
            )

    def _clear_billing_marks(self):
        """Forget why the contracts had to be looked at: they have been."""
        late = self.filtered("needs_correction")
        if late:
            late._write_agreed({"needs_correction": False})
        self._clear_billing_error()

    def _clear_billing_error(self):
        failed = self.filtered("billing_error")
        if failed:
            failed._mend_parking()
            failed._write_agreed({"billing_error": False, "billing_retry_date": False})
            failed.activity_unlink(["mail.mail_activity_data_warning"])
