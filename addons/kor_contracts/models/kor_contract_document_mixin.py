from werkzeug.urls import url_encode

from odoo import api, fields, models
from odoo.tools import format_date

from odoo.addons.kor_enterprise_tiers.tools import format_measured, format_quantity

from .kor_contract_limit import get_used_percent

PERCENT_NEARLY_USED = 80


class KorContractDocumentMixin(models.AbstractModel):
    """Say in words what a contract agrees, for its PDF and for the customer's pages."""

    _name = "kor.contract.document.mixin"
    _description = "Contract on Paper and in the Portal"

    line_count = fields.Integer(compute="_compute_line_count")

    @api.depends("line_ids")
    def _compute_line_count(self):
        for contract in self:
            contract.line_count = len(contract.line_ids)

    def action_open_lines(self):
        """Open the contract's lines.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_contracts.kor_contract_line_action")
        return {**action, "domain": [("contract_id", "=", self.id)], "context": {}}

    def action_preview(self):
        """Open the page that the customer sees.

        :return: a URL action
        """
        self.ensure_one()
        self.check_access("read")
        return {"type": "ir.actions.act_url", "target": "self", "url": self.access_url}

    def _get_portal_page_url(self, access_token=None, suffix="", **arguments):
        """Return the address of one of the customer's pages with the visitor's own token: making one would write."""
        if access_token:
            arguments["access_token"] = access_token
        query = f"?{url_encode(arguments)}" if arguments else ""
        return f"{self.access_url}{suffix}{query}"

    def action_send(self):
        """Open a message to the customer with the contract's PDF attached.

        :return: a window action
        """
        self.ensure_one()
        self.check_access("write")
        template = self.env.ref("kor_contracts.mail_template_contract", raise_if_not_found=False)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send the contract"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_composition_mode": "comment",
                "default_template_id": template.id if template else False,
                "force_email": True,
            },
        }

    def _kor_render_pdf(self):
        """Return the PDF of the contract, in the customer's language and the company's look."""
        self.ensure_one()
        contract = self.sudo()  # whoever may read the contract gets its document; the report checks that
        return self.env["kor.pdf"]._render_document(
            contract, "kor_contracts.report_kor_contract_document", "kor_contracts.kor_contract_pdf_layout"
        )

    @api.model
    def _get_thread_with_access(self, thread_id, **kwargs):
        """Keep the messages of drafts from those who have no more than a link."""
        thread = super()._get_thread_with_access(thread_id, **kwargs)
        if thread and thread.sudo().state == "draft":  # the state decides whether a token counts
            return thread if self.browse(thread_id).sudo(False).has_access("read") else self.browse()
        return thread

    def _get_portal_values(self):
        """Return what the customer's page shows beside the contract itself."""
        self.ensure_one()
        return {
            "contract": self,
            "limits": self._get_limit_bars(),
            "features": self._get_features_by_category(),
            "support": self._get_support_facts(),
            "discounts": self._get_all_discounts(),
            "amendments": self._get_shared_amendments(),
        }

    def _get_limit_bars(self):
        """Return each limit with the use so far, as text and as a share of what is allowed."""
        bars = []
        for limit, entitlement in zip(self.limit_ids, self.entitlements()["limits"], strict=True):
            used, allowed = entitlement["used"], entitlement.get("limit", 0)
            is_bound = entitlement["kind"] == "limited"
            # Rounded down, as on the page of use: what is shown as full is full.
            percent = min(100, int(get_used_percent(used, allowed))) if is_bound else 0
            bars.append(
                {
                    "name": limit.metric_id.name,
                    "value": limit.display_value,
                    "used": format_measured(self.env, used) if is_bound else limit.metric_id._describe_quantity(used),
                    "has_use": bool(used),
                    "percent": percent,
                    "is_bound": is_bound,
                    "is_exceeded": is_bound and used > allowed,
                    "is_nearly_used": percent >= PERCENT_NEARLY_USED,
                }
            )
        return bars

    def _get_features_by_category(self):
        """Return pairs of a category's label and its features, in the order of the categories."""
        labels = dict(self.env["kor.feature"]._fields["category"]._description_selection(self.env))
        groups = self.feature_ids.grouped("category")
        return [(label, groups[category]) for category, label in labels.items() if category in groups]

    def _get_support_facts(self):
        """Return pairs of label and text about support and availability."""
        level = self.support_level_id
        facts = [(self.env._("Uptime"), self._describe_uptime())]
        if not level:
            return facts
        texts = [
            (self.env._("Support"), level.name),
            (self.env._("Channels"), level.channels),
            (self.env._("Service hours"), level._describe_hours()),
            (self.env._("First response"), level.response_display if level.response_minutes else ""),
        ]
        return [(label, text) for label, text in texts if text] + facts

    def _get_all_discounts(self):
        """Return pairs of what a discount is on and its words: those on lines, then those on the whole."""
        on_lines = [(line.name, discount.summary) for line in self.line_ids for discount in line.discount_ids]
        return on_lines + [(discount._describe_whole(), discount.summary) for discount in self.discount_ids]

    def _describe_uptime(self):
        target = self.uptime_target
        if not target:
            return self.env._("As agreed")
        return self.env._("%(target)s %%", target=format_quantity(self.env, target))

    def _describe_term(self):
        label = dict(self._fields["term"]._description_selection(self.env))[self.term]
        if self.term_months and self.term != "monthly":
            return self.env._("%(term)s, %(months)s months", term=label, months=self.term_months)
        return label

    def _describe_end(self):
        if self.date_end_effective:
            return format_date(self.env, self.date_end_effective)
        return self.env._("Open-ended")

    def _describe_renewal(self):
        """Return in one sentence what happens at the end, empty where the contract is cancelled."""
        if self.date_cancelled:
            return ""
        if self._leaves_with_term():
            day = format_date(self.env, self.date_leaving)
            return self.env._("Ends on %(day)s: its cancellation is agreed", day=day)
        if not self.date_end:
            return self.env._("Runs until it is terminated, with %(days)s days' notice", days=self.notice_days)
        if not (self.auto_renew and self.term_months):
            return self.env._("Ends on %(day)s unless it is renewed", day=format_date(self.env, self.date_end))
        return self.env._(
            "Renews by %(months)s months unless one side gives notice by %(day)s",
            months=self.term_months,
            day=format_date(self.env, self.date_notice),
        )

    def _describe_billing_day(self):
        if self.anchor_day == 31:
            return self.env._("On the last day of the month")
        if self.anchor_day > 28:
            return self.env._("On day %(day)s of the month, or its last day", day=self.anchor_day)
        return self.env._("On day %(day)s of the month", day=self.anchor_day)
