from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .kor_sla_clock import KINDS

# Who is told where there is nobody of the kind that a step names: whoever comes next.
LADDER = ("assignees", "team", "account_manager", "salesperson")


class KorEscalationStep(models.Model):
    """Who is told, and how, when so much of a promised time is used up and nobody has acted."""

    _name = "kor.escalation.step"
    _inherit = ["kor.input.mixin"]
    _description = "Escalation Step"
    _order = "support_level_id, percent, sequence, id"

    support_level_id = fields.Many2one("kor.support.level", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    clock = fields.Selection(
        [("any", "Any"), *KINDS],
        required=True,
        default="any",
        help="Of which promised time.",
    )
    percent = fields.Integer(
        string="At (%)",
        required=True,
        default=75,
        help="How much of the promised time is used: 100 is when it is over.",
    )
    receiver = fields.Selection(
        [
            ("assignees", "Assignees"),
            ("team", "Support team"),
            ("account_manager", "Account manager"),
            ("users", "Named users"),
            ("group", "Group of users"),
        ],
        required=True,
        default="assignees",
        help="Where there is none on the ticket or its contract, the next one up is told: team, account manager, "
        "salesperson.",
    )
    user_ids = fields.Many2many("res.users", string="Users", domain="[('share', '=', False)]")
    group_id = fields.Many2one("res.groups", ondelete="restrict")
    channel = fields.Selection(
        [("activity", "Activity"), ("mail", "E-mail"), ("note", "Internal note")], required=True, default="activity"
    )
    note = fields.Char(translate=True, help="What the receivers are asked to do.")

    @api.depends("clock", "percent", "receiver")
    @api.depends_context("lang")
    def _compute_display_name(self):
        clocks = dict(self._fields["clock"]._description_selection(self.env))
        receivers = dict(self._fields["receiver"]._description_selection(self.env))
        for step in self:
            step.display_name = self.env._(
                "%(clock)s at %(percent)s %%: %(receiver)s",
                clock=clocks.get(step.clock, ""),
                percent=step.percent,
                receiver=receivers.get(step.receiver, ""),
            )

    @api.constrains("percent", "receiver", "user_ids", "group_id")
    def _check_step(self):
        for step in self:
            if not 1 <= step.percent <= 1000:
                raise ValidationError(
                    self.env._(
                        "A step comes at 1 to 1000 %% of the promised time, not at %(percent)s.", percent=step.percent
                    )
                )
            if step.receiver == "users" and not step.user_ids:
                raise ValidationError(
                    self.env._("Name the users who are told at %(percent)s %%.", percent=step.percent)
                )
            if step.receiver == "group" and not step.group_id:
                raise ValidationError(
                    self.env._("Choose the group whose users are told at %(percent)s %%.", percent=step.percent)
                )

    def _get_receivers(self, assignees, contract):
        """Return the internal users of the contract's company whom the step tells, at least one where there is one.

        :param assignees: those of the ticket
        """
        self.ensure_one()
        group_sudo = self.group_id.sudo()  # who answers tickets need not administer users
        people = {
            "assignees": assignees,
            "team": contract.support_user_ids,
            "account_manager": contract.account_manager_id,
            "salesperson": contract.user_id,
            "users": self.user_ids,
            "group": group_sudo.all_user_ids,
        }
        upwards = LADDER[LADDER.index(self.receiver) + 1 :] if self.receiver in LADDER else LADDER
        for receiver in (self.receiver, *upwards):
            users_sudo = people[receiver].sudo()  # companies of users are not for everybody to read
            found = users_sudo.filtered(
                lambda user: user.active and not user.share and contract.company_id in user.company_ids
            )
            if found:
                return found.sudo(False)
        return self.env["res.users"]
