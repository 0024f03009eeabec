from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

# On the board, what needs somebody is not to be the last column.
STATES = [
    ("planned", "Planned"),
    ("provisioning", "Provisioning"),
    ("down", "Down"),
    ("degraded", "Degraded"),
    ("running", "Running"),
    ("retired", "Retired"),
]
# By state: those that it follows on.
FROM = {
    "provisioning": ("planned",),
    "running": ("planned", "provisioning", "degraded", "down"),
    "degraded": ("running", "down"),
    "down": ("running", "degraded"),
    "retired": ("planned", "provisioning", "running", "degraded", "down"),
}
WATCHED = ("running", "degraded", "down")
REASONED = ("degraded", "down", "retired")
REASON_LENGTH = 500


class KorInfrastructureStateMixin(models.AbstractModel):
    """Where infrastructure stands, told by people and by its checks."""

    _name = "kor.infrastructure.state.mixin"
    _description = "States of Infrastructure"

    state = fields.Selection(STATES, required=True, default="planned", index=True, tracking=True, copy=False)
    state_reason = fields.Char(string="Reason", copy=False, tracking=True, help="Why it is so. For staff only.")
    date_state = fields.Datetime(string="Since", copy=False, default=fields.Datetime.now)
    is_state_checked = fields.Boolean(
        string="Found by Checks", copy=False, help="Its checks found the state, and will find when it is over."
    )
    date_end = fields.Date(string="Retired on", copy=False, help="Its last day; from the next one on it costs nothing.")

    @api.model
    def _get_engine_fields(self):
        return super()._get_engine_fields() | {"state", "state_reason", "date_state", "is_state_checked", "date_end"}

    def set_state(self, state, reason=""):
        """Say where the infrastructure stands.

        :param state: `provisioning`, `running`, `degraded`, `down` or `retired`
        :param reason: why; needed for degraded, down and retired
        :return: the state
        """
        self.ensure_one()
        self._check_may_set_state()
        if not isinstance(state, str) or state not in FROM:
            raise UserError(
                self.env._(
                    "Infrastructure cannot be set to “%(state)s”; use one of: %(states)s.",
                    state=state,
                    states=", ".join(FROM),
                )
            )
        reason = self._read_reason(state, reason)
        self._check_move(state)
        self._enter(state, reason)
        return self.state

    def _check_may_set_state(self):
        self.check_access("write")
        if not (self.env.su or self.env.user.has_group("kor_integrations.group_kor_integration_user")):
            raise AccessError(
                self.env._("Only users of KOR Enterprise › Integrations set the state of infrastructure.")
            )

    @api.model
    def _read_reason(self, state, reason):
        if reason in (None, False):
            reason = ""
        if not isinstance(reason, str) or len(reason) > REASON_LENGTH:
            raise UserError(self.env._("The reason must be text of up to %(length)s characters.", length=REASON_LENGTH))
        if state in REASONED and not reason.strip():
            label = dict(self._fields["state"]._description_selection(self.env))[state]
            raise UserError(self.env._("Say why it is “%(state)s”.", state=label))
        return reason.strip()

    def _check_move(self, state):
        if self.state in FROM[state]:
            return
        labels = dict(self._fields["state"]._description_selection(self.env))
        allowed = [one for one, befores in FROM.items() if self.state in befores]
        raise UserError(
            self.env._(
                "“%(name)s” is “%(now)s” and cannot become “%(state)s”. It can become: %(allowed)s.",
                name=self.name,
                now=labels[self.state],
                state=labels[state],
                allowed=", ".join(labels[one] for one in allowed) or self.env._("nothing else"),
            )
        )

    def _enter(self, state, reason="", is_checked=False):
        """Write the state, and let follow what belongs to it."""
        values = {
            "state": state,
            "state_reason": reason or False,
            "date_state": fields.Datetime.now(),
            "is_state_checked": is_checked,
        }
        if state == "retired":
            values["date_end"] = fields.Date.context_today(self)
        self._as_engine().write(values)
        if state == "running":
            self._ensure_watched()
        elif state == "retired":
            self._end_watch()
        # Nothing is warned of before it is set up.
        self.resource_ids._follow_warnings()

    def action_provision(self):
        """Note that the infrastructure is being set up.

        :return: True
        """
        for infrastructure in self:
            infrastructure.set_state("provisioning")
        return True

    def action_run(self):
        """Note that the infrastructure runs, or runs well again.

        :return: True
        """
        for infrastructure in self:
            infrastructure.set_state("running")
        return True
