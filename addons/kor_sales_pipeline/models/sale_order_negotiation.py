from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from odoo.addons.kor_contracts.models.kor_contract_lifecycle_mixin import LOOKING
from odoo.addons.kor_enterprise_tiers.tools import taken_back

from ..groups import SELLERS


class SaleOrder(models.Model):
    _inherit = "sale.order"

    kor_negotiation_id = fields.Many2one(
        related="opportunity_id.kor_negotiation_id", groups=SELLERS, help="Of the opportunity."
    )

    def write(self, vals):
        result = super().write(vals)
        if vals.get("state") in ("sent", "sale", "cancel"):
            for order in self:
                order._kor_note_state_in_negotiation()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_take_answers_back(self):
        answers = self.env["kor.counter.answer"].sudo()  # facts, that nobody writes by hand; gone with their version
        answers.search([("order_id", "in", self.ids), ("state", "=", "prepared")]).state = "taken_back"

    def action_kor_negotiate(self):
        """Open the negotiation of the opportunity, and begin it with this version where there is none.

        :return: a window action
        """
        self.ensure_one()
        if not self.opportunity_id:
            raise UserError(self.env._("%(order)s belongs to no opportunity: choose one first.", order=self.name))
        return self.opportunity_id.action_kor_negotiate()

    def _kor_note_state_in_negotiation(self):
        """Tell the running negotiation that this version was sent, signed, or put aside."""
        lead = self.opportunity_id.sudo()  # customers, who sign, have no right on opportunities
        running = lead._kor_get_running_negotiation() if lead else lead.kor_negotiation_ids
        if not running:
            return
        order = self.sudo()  # the same: the negotiation moves with what was done to the order
        if self.state == "sent":
            running._note_sent(order)
        elif self.state == "sale":
            running._lock()
            running._close("agreed")
            running._message_log(body=self.env._("%(order)s was signed.", order=self._kor_version_label()))
        elif running.order_id == order and not order.kor_next_id:
            running._lock()
            running._move_to("waiting_us")
            running._plan_activity(self.env._("%(order)s was cancelled", order=self._kor_version_label()))

    def _kor_get_portal_negotiation(self):
        """Return the negotiation that a customer comes to from this version; raise where there can be none."""
        lead = self.opportunity_id
        if not lead:
            raise UserError(self.env._("%(order)s is not negotiated here. Write to your contact.", order=self.name))
        running = lead._kor_get_running_negotiation()
        if running.round_ids or (not running and lead.kor_negotiation_id.round_ids):
            return running or lead.kor_negotiation_id
        self._kor_check_can_counter()
        negotiation = lead._kor_start_negotiation(self)
        negotiation._note_sent(self)
        return negotiation

    def _kor_get_choices(self):
        """Return the support levels and features that a customer can ask for."""
        levels = self.env["kor.support.level"].search([])  # pylint: disable=no-search-all  # all are offered
        features = self.env["kor.feature"].search([])  # pylint: disable=no-search-all  # the catalog is a page
        features -= self.kor_plan_id.tier_id.all_feature_ids | self.kor_feature_ids
        return {"support_levels": levels, "features": features}

    def _kor_negotiable_lines(self):
        """Return the lines that have a price of their own: no sections, and no amounts off the whole."""
        return self.order_line.filtered(
            lambda line: not line.display_type and not line.is_downpayment and line.price_unit >= 0
        )

    def _kor_match_line(self, line):
        """Return the line of this version that was `line` in another; empty where it is gone or not the only one."""
        # Lines of proposals have a key that is the same in all versions.
        key = "kor_key" if line.kor_key else "name"
        found = self._kor_negotiable_lines().filtered(
            lambda one: one.product_id == line.product_id and one[key] == line[key]
        )
        return found if len(found) == 1 else found.browse()

    def _kor_version_label(self):
        return self.env._("%(order)s, version %(version)s", order=self.name, version=self.kor_version or 1)

    def _kor_check_can_counter(self):
        """Raise where the customer has another version to look at, or none any more."""
        self.ensure_one()
        label = self._kor_version_label()
        if self.state != "sent":
            raise UserError(self.env._("%(order)s is not open for counter-offers any more.", order=label))
        if self.kor_next_id and self.kor_next_id.state != "cancel":
            raise UserError(self.env._("%(order)s is superseded by a newer version.", order=label))
        if self.is_expired:
            raise UserError(
                self.env._(
                    "%(order)s expired on %(date)s. Ask your contact for a new one.",
                    order=label,
                    date=format_date(self.env, self.validity_date),
                )
            )

    def _kor_simulate(self, changes):
        """Return the figures of a version with these changes; nothing of it remains.

        :return: as of `_kor_figures`, or {"problem": why there can be no such version}
        """
        self.ensure_one()
        looking = self.with_context(kor_looking=LOOKING, tracking_disable=True, mail_create_nosubscribe=True)
        with taken_back(self.env):
            try:
                return looking._kor_make_version(changes)._kor_figures()
            except UserError as error:
                return {"problem": str(error)}

    def _kor_note_agreed(self, conceded):
        """Write what was conceded in words into the terms of this version, from which it gets into the contract.

        :param conceded: a list of (counter-offer, terms) pairs
        """
        order = self.with_context(lang=self._get_lang())
        said = [
            Markup("<li><strong>%s</strong>: %s</li>")
            % (offer.with_env(order.env).display_name, Markup("<br/>").join(terms["text"].splitlines()))
            for offer, terms in conceded
            if terms.get("text")
        ]
        if not said:
            return
        items = Markup("").join(said)
        clause = self.kor_clause_ids.filtered("is_agreed")[:1]
        if clause:
            clause.body += Markup("<ul>%s</ul>") % items
        else:
            self.env["kor.proposal.clause"].create(order._kor_prepare_agreed_clause(items))
        title = self.env._(
            "Written into the clause “Special agreements”, as answered in the negotiation. Check the wording:"
        )
        self._message_log(body=Markup("<p>%s</p><ul>%s</ul>") % (title, items))

    def _kor_prepare_agreed_clause(self, items):
        said = self.env._("Agreed in the negotiation; it goes before the other clauses.")
        return {
            "order_id": self.id,
            "is_agreed": True,
            "name": self.env._("Special agreements"),
            "body": Markup("<p>%s</p><ul>%s</ul>") % (said, items),
            "sequence": max(self.kor_clause_ids.mapped("sequence"), default=0) + 10,
        }

    def _kor_discard_draft(self):
        """Delete drafts of an answer that was taken back. Extensible."""
        self.sudo().unlink()  # sellers may not delete orders; these were never shown to anybody
