from odoo import fields, models


class KorContractRampMixin(models.AbstractModel):
    """Turn the steps that are agreed with a contract into dated lines, so that all that follows knows them."""

    _name = "kor.contract.ramp.mixin"
    _description = "Steps of a Contract"

    step_ids = fields.One2many("kor.contract.step", "contract_id", string="Ramp")

    def action_activate(self):
        """Let the lines go on with the terms of the steps.

        :return: True
        """
        drafts = self.filtered(lambda contract: contract.state == "draft")
        result = super().action_activate()
        for contract in drafts:
            contract._apply_steps()
        return result

    def _apply_steps(self):
        """Apply an amendment for each day on which something changes, in their order."""
        for day, steps in sorted(self.step_ids.grouped("date_start").items()):
            changes = [fields.Command.create(step._prepare_change_values()) for step in steps.sorted("id")]
            amendment = self.env["kor.contract.amendment"].create(
                {
                    "contract_id": self.id,
                    "date_effective": day,
                    "is_signature": True,
                    "note": self.env._("Agreed at signature"),
                    "change_ids": changes,
                }
            )
            amendment._write_state(
                {
                    "state": "agreed",
                    "agreed_by": self.partner_id.display_name,
                    "agreed_how": "document",
                    "agreed_date": fields.Datetime.now(),
                }
            )
            # At once, though the day is to come: what is agreed already is billed and counted ahead, too.
            amendment._apply()
