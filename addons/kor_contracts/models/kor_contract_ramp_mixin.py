from odoo import fields, models
from odoo.tools import format_date

from ..engine import periods


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

    def _check_can_activate(self):
        result = super()._check_can_activate()
        # The contract may have got another end since they were written.
        self.step_ids._check_step()
        return result

    def _copy_plan(self):
        """Take over the plan's steps with its charges."""
        taking = self.filtered(lambda one: one.plan_id.step_ids and not one.line_ids and not one.step_ids)
        result = super()._copy_plan()
        values = [step for contract in taking for step in contract._prepare_plan_steps()]
        self.env["kor.contract.step"].create(values)
        return result

    def _prepare_plan_steps(self):
        """Return the values of the plan's steps, with a note on those for which the contract ends too early."""
        values, late = [], []
        plan = self.plan_id.with_context(lang=self._get_customer_lang())
        lines = {line.charge_id: line for line in self.line_ids.filtered("charge_id").sorted("id", reverse=True)}
        for step in plan.step_ids:
            day = periods.boundary(self.date_start, self.date_start.day, 1, step.month - 1)
            if step.charge_id and step.charge_id not in lines:
                # An optional charge that this customer has not chosen.
                continue
            if self.date_end and day > self.date_end and not self._renews_itself():
                late.append(step.summary)
            else:
                values.append(step._prepare_contract_step_values(self, lines.get(step.charge_id, self.line_ids[:0])))
        if late:
            self.message_post(
                body=self.env._(
                    "Left out of the plan's ramp, as the contract ends on %(end)s and does not renew automatically: "
                    "%(steps)s. Let it renew automatically and apply the plan again to have them.",
                    end=format_date(self.env, self.date_end),
                    steps="; ".join(late),
                )
            )
        return values

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
