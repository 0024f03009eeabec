from datetime import datetime, time

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.kor_enterprise_tiers.tools import format_quantity


class KorAccount(models.Model):
    """The whole customer on one screen: what is agreed, used, open, due, and what comes next."""

    _name = "kor.account"
    _inherit = ["kor.account", "kor.account.follow.mixin"]

    signal_count = fields.Integer(string="New Signals", compute="_compute_signal_count")
    lead_count = fields.Integer(string="Opportunities", compute="_compute_lead_count")
    renewal_id = fields.Many2one("kor.renewal", string="Coming Renewal", compute="_compute_renewal_id")
    invoice_due_count = fields.Integer(string="Open Invoices", compute="_compute_invoice_due")
    invoice_due_amount = fields.Monetary(string="To Be Paid", compute="_compute_invoice_due")
    sla_text = fields.Char(string="SLA this Month", compute="_compute_sla_text")
    onboarding_text = fields.Char(string="Onboarding", compute="_compute_onboarding_text")
    limits_html = fields.Html(string="Use against Limits", compute="_compute_limits_html", sanitize=False)
    is_step_late = fields.Boolean(compute="_compute_is_step_late", search="_search_is_step_late")

    def _compute_signal_count(self):
        groups = self.env["kor.signal"]._read_group(
            [("account_id", "in", self.ids), ("state", "=", "new")], ["account_id"], ["__count"]
        )
        counts = dict(groups)
        for account in self:
            account.signal_count = counts.get(account, 0)

    def _compute_lead_count(self):
        groups = self.env["crm.lead"]._read_group(
            [("partner_id.commercial_partner_id", "in", self.partner_id.ids), ("type", "=", "opportunity")],
            ["partner_id", "company_id"],
            ["__count"],
        )
        for account in self:
            account.lead_count = sum(
                count
                for partner, company, count in groups
                if partner.commercial_partner_id == account.partner_id
                and company in (account.company_id, company.browse())
            )

    def _compute_renewal_id(self):
        renewals = self.env["kor.renewal"].search([("account_id", "in", self.ids), ("state", "=", "open")])
        by_account = renewals.grouped("account_id")
        for account in self:
            account.renewal_id = by_account.get(account, renewals.browse())[:1]

    @api.model
    def _get_due_domain(self):
        return [
            ("move_type", "=", "out_invoice"),
            ("state", "=", "posted"),
            ("payment_state", "in", ("not_paid", "partial")),
        ]

    def _compute_invoice_due(self):
        moves_sudo = self.env["account.move"].sudo()  # a manager knows what is due, without rights on the books
        groups = moves_sudo._read_group(
            [
                *self._get_due_domain(),
                ("commercial_partner_id", "in", self.partner_id.ids),
                ("company_id", "in", self.company_id.ids),
            ],
            ["commercial_partner_id", "company_id"],
            ["__count", "amount_residual_signed:sum"],
        )
        found = {(partner.id, company.id): figures for partner, company, *figures in groups}
        for account in self:
            count, amount = found.get((account.partner_id.id, account.company_id.id), (0, 0))
            account.invoice_due_count, account.invoice_due_amount = count, amount

    def _compute_sla_text(self):
        start = datetime.combine(fields.Date.context_today(self).replace(day=1), time())
        clocks_sudo = self.env["kor.sla.clock"].sudo()  # as above, without rights on tickets
        groups = clocks_sudo._read_group(
            [
                ("partner_id.commercial_partner_id", "in", self.partner_id.ids),
                ("date_start", ">=", start),
                ("state", "in", ("met", "breached")),
            ],
            ["partner_id", "company_id", "state"],
            ["__count"],
        )
        for account in self:
            counts = {"met": 0, "breached": 0}
            for partner, company, state, count in groups:
                if (partner.commercial_partner_id, company) == (account.partner_id, account.company_id):
                    counts[state] += count
            account.sla_text = account._describe_clocks(counts["met"], counts["breached"])

    def _describe_clocks(self, met, breached):
        if not met + breached:
            return self.env._("No promised time has come to its end")
        return self.env._(
            "%(met)s of %(all)s promised times kept (%(percent)s %%)",
            met=met,
            all=met + breached,
            percent=f"{met * 100 / (met + breached):.0f}",
        )

    def _compute_onboarding_text(self):
        for account, text in self._get_onboarding_texts().items():
            account.onboarding_text = text

    def _get_onboarding_texts(self):
        """Return by account how its onboarding stands, empty where there is none."""
        texts = dict.fromkeys(self, "")
        model_sudo = self.env["kor.onboarding"].sudo()  # as above
        labels = dict(model_sudo._fields["state"]._description_selection(self.env))
        domain = [("partner_id.commercial_partner_id", "in", self.partner_id.ids), ("state", "!=", "cancelled")]
        accounts = {(account.partner_id, account.company_id): account for account in self}
        # What runs is told rather than what is done, and the latest of it.
        for one in model_sudo.search(domain).sorted(lambda one: (one.is_open, one.id)):
            account = accounts.get((one.partner_id.commercial_partner_id, one.company_id))
            if account:
                texts[account] = f"{labels[one.state]} ({one.contract_id.name})"
        return texts

    @api.depends_context("lang")
    def _compute_limits_html(self):
        contracts_sudo = self.sudo()._get_contracts()  # as above: limits and use, of accounts that may be read
        limits = contracts_sudo.limit_ids.filtered(lambda one: one.kind in ("limited", "minimum") and one.quantity)
        uses = contracts_sudo._get_uses(limits.metric_id)
        for account in self:
            own = limits.filtered(
                lambda one, account=account: (
                    one.contract_id.company_id == account.company_id
                    and one.contract_id.partner_id.commercial_partner_id == account.partner_id
                )
            )
            rows = [account._prepare_limit_row(limit, uses[limit.contract_id].get(limit.metric_id, 0)) for limit in own]
            account.limits_html = self.env["ir.qweb"]._render(
                "kor_account_management.account_limits",
                {"rows": rows, "many": len(own.contract_id) > 1},
            )

    def _prepare_limit_row(self, limit, used):
        # What is measured is a Decimal, what is held a float.
        percent = float(used) * 100 / limit.quantity
        return {
            "contract": limit.contract_id.name,
            "metric": limit.metric_id.name,
            "used": format_quantity(self.env, used),
            "limit": limit.display_value,
            "percent": percent,
            "tone": "bg-danger" if percent >= 100 else "bg-warning" if percent >= 80 else "bg-success",
        }

    @api.depends("next_step", "next_step_date")
    def _compute_is_step_late(self):
        today = fields.Date.context_today(self)
        for account in self:
            account.is_step_late = bool(account.next_step_date and account.next_step_date < today)

    def _search_is_step_late(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        is_late = (True in value) == (operator == "in")
        today = fields.Date.context_today(self)
        return [("next_step_date", "<", today)] if is_late else [
            "|", ("next_step_date", "=", False), ("next_step_date", ">=", today),
        ]  # fmt: skip

    def _open(self, xml_id, domain, **context):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xml_id)
        return {**action, "domain": domain, "context": context}

    def _get_family(self, path="partner_id"):
        return [(path, "child_of", self.partner_id.id), ("company_id", "=", self.company_id.id)]

    def action_open_contracts(self):
        """Open the contracts of the customer.

        :return: a window action
        """
        return self._open("kor_contracts.kor_contract_action", self._get_family())

    def action_open_signals(self):
        """Open what calls for action on the account.

        :return: a window action
        """
        return self._open("kor_account_management.kor_signal_action", [("account_id", "=", self.id)])

    def action_open_renewals(self):
        """Open the renewals of the account.

        :return: a window action
        """
        return self._open("kor_account_management.kor_renewal_action", [("account_id", "=", self.id)])

    def action_open_leads(self):
        """Open the opportunities of the customer.

        :return: a window action
        """
        domain = [("partner_id", "child_of", self.partner_id.id), ("company_id", "in", [False, self.company_id.id])]
        return self._open("crm.crm_lead_opportunities", domain, default_partner_id=self.partner_id.id)

    def action_open_tickets(self):
        """Open the support tickets of the customer.

        :return: a window action
        """
        self.ensure_one()
        self._check_can_read("project.task")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Tickets"),
            "res_model": "project.task",
            "views": [[False, "list"], [False, "form"]],
            "domain": self._get_family("kor_contract_id.partner_id"),
            "context": {"search_default_open_tasks": 1, "create": False},
        }

    def action_open_invoices_due(self):
        """Open the invoices that wait to be paid.

        :return: a window action
        """
        self._check_can_read("account.move")
        return self._open(
            "account.action_move_out_invoice_type",
            [*self._get_due_domain(), *self._get_family("commercial_partner_id")],
            create=False,
        )

    def _check_can_read(self, model):
        if not self.env[model].has_access("read"):
            raise UserError(
                self.env._(
                    "You have no right to open %(what)s: the figure is all there is to see. Ask an administrator.",
                    what=self.env["ir.model"]._get(model).sudo().name,  # its name is no secret
                )
            )
