from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    kor_contract_ids = fields.One2many(
        "kor.contract", "partner_id", string="Contracts", groups="kor_contracts.group_kor_contract_user"
    )
    kor_contract_count = fields.Integer(
        string="Contract Count",
        compute="_compute_kor_contract_count",
        groups="kor_contracts.group_kor_contract_user",
    )

    kor_family_ids = fields.Many2many(
        "res.partner",
        string="Contact and All Below",
        compute="_compute_kor_family_ids",
        compute_sudo=True,
        export_string_translation=False,
        groups="base.group_system",
    )
    kor_within_ids = fields.Many2many(
        "res.partner",
        string="Contact and All Above",
        compute="_compute_kor_within_ids",
        search="_search_kor_within_ids",
        compute_sudo=True,
        export_string_translation=False,
        groups="base.group_system",
    )

    def _compute_kor_family_ids(self):
        for partner in self.with_context(active_test=False):
            found = level = partner
            while level:
                level = partner.search([("parent_id", "in", level.ids), ("id", "not in", found.ids)])
                found |= level
            partner.kor_family_ids = found

    def _compute_kor_within_ids(self):
        """Rules are asked for single records, too: whose a record is, its customer and all above it say."""
        for partner in self:
            found = partner
            while (above := found[-1:].parent_id) and above not in found:
                found += above
            partner.kor_within_ids = found

    @api.model
    def _search_kor_within_ids(self, operator, value):
        """Find what is, or is below, one of some contacts, as `child_of` would.

        The portal's rules ask for the same customer with each record that they check: here it is walked down from the
        customer to its contacts once in a transaction, and not each time anew.
        """
        return [("id", "in", self.browse(value)._get_kor_family_ids())] if operator == "in" else NotImplemented

    def _get_kor_family_ids(self):
        """Return the ids of the contacts and of all below them, archived ones included."""
        families = self.sudo().with_context(active_test=False).kor_family_ids  # ids only: who is asked for is known
        return families.ids

    def _compute_kor_contract_count(self):
        counts = dict(
            self.env["kor.contract"]._read_group([("partner_id", "child_of", self.ids)], ["partner_id"], ["__count"])
        )
        for partner in self:
            family = partner | partner.child_ids
            partner.kor_contract_count = sum(counts.get(member, 0) for member in family)

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        partners._forget_kor_families()
        return partners

    def write(self, vals):
        result = super().write(vals)
        if "parent_id" in vals:
            self._forget_kor_families()
        return result

    def _forget_kor_families(self):
        # Of all contacts: whoever is above or below of a family that changes has it in the own one.
        self.invalidate_model(["kor_family_ids", "kor_within_ids"], flush=False)

    def action_open_kor_contracts(self):
        """Open the contracts of the customer and of its addresses.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_contracts.kor_contract_action")
        return {
            **action,
            "domain": [("partner_id", "child_of", self.id)],
            "context": {"default_partner_id": self.commercial_partner_id.id},
        }
