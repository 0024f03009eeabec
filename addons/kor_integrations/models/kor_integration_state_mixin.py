from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

STATES = [
    ("draft", "Draft"),
    ("active", "Active"),
    ("failing", "Failing"),
    ("paused", "Paused"),
    ("retired", "Retired"),
]
# By action: the states it is done in, and the state it leads to; without one the state stays.
MOVES = {
    "activate": (("draft", "paused", "failing"), "active"),
    "pause": (("active", "failing"), "paused"),
    "resume": (("paused", "failing"), "active"),
    "test": (("draft", "active", "failing", "paused"), None),
    "rotate": (("active", "failing", "paused"), None),
    "retire": (("draft", "active", "failing", "paused"), "retired"),
}
RUNNING = ("active", "failing")


class KorIntegrationStateMixin(models.AbstractModel):
    """What can be done with an integration, by whom, and what each kind does about it.

    For each kind there are hooks, all of them with something to inherit: `_check_ready_KIND`, `_start_KIND`,
    `_stop_KIND`, `_test_KIND` and `_rotate_KIND`.
    """

    _name = "kor.integration.state.mixin"
    _description = "States of Integrations"

    state = fields.Selection(
        STATES,
        required=True,
        default="draft",
        readonly=True,
        index=True,
        tracking=True,
        copy=False,
        group_expand=True,
    )
    date_activated = fields.Datetime(string="Active since", readonly=True, copy=False)

    def manage_integration(self, action):
        """Do something with the integration.

        :param action: `activate`, `pause`, `resume`, `test`, `rotate` or `retire`
        :return: the state after it: draft, active, failing, paused or retired
        """
        self.ensure_one()
        self._check_may_manage()
        if not isinstance(action, str) or action not in MOVES:
            raise UserError(
                self.env._(
                    "An integration cannot be told to “%(action)s”; use one of: %(actions)s.",
                    action=action,
                    actions=", ".join(MOVES),
                )
            )
        self._check_move(action)
        self.sudo()._manage(action)  # customers manage their own ones, and write none of the fields
        return self.state

    def _manage(self, action):
        self.ensure_one()
        if action in ("activate", "resume"):
            self._check_can_run()
        getattr(self, f"_do_{action}")()
        state = MOVES[action][1]
        if state:
            self._enter(state)
        if action != "test":
            self._log(
                "info", self.env._("%(action)s, by %(user)s", action=self._get_past(action), user=self.env.user.name)
            )

    @api.model
    def _get_past(self, action):
        return {
            "activate": self.env._("Activated"),
            "pause": self.env._("Paused"),
            "resume": self.env._("Resumed"),
            "rotate": self.env._("Secrets rotated"),
            "retire": self.env._("Retired"),
        }[action]

    def _enter(self, state):
        if state == "active":
            self.write({"state": state, "date_activated": self.date_activated or fields.Datetime.now()})
            self._forget_failures()
        else:
            self.state = state

    def _check_may_manage(self):
        """Raise unless the user is one of the staff who manage integrations, or the customer where it may."""
        self.check_access("read")
        if self.env.su or self.env.user.has_group("kor_integrations.group_kor_integration_user"):
            return
        if self._is_own_of_portal_user() and self.is_self_service:
            return
        raise AccessError(
            self.env._("“%(name)s” is managed by us: write to us, and we will do it with you.", name=self.name)
            if self._is_own_of_portal_user()
            else self.env._("Only users of KOR Enterprise › Integrations and the customer manage integrations.")
        )

    def _is_own_of_portal_user(self):
        user = self.env.user
        own = self.sudo().partner_id.commercial_partner_id  # compared only
        return user._is_portal() and own == user.partner_id.commercial_partner_id

    def _check_move(self, action):
        states, _to = MOVES[action]
        if self.state not in states:
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "“%(name)s” is “%(state)s”. “%(action)s” is for integrations in these states: %(states)s.",
                    name=self.name,
                    state=labels[self.state],
                    action=action,
                    states=", ".join(labels[state] for state in states),
                )
            )

    def _check_can_run(self):
        self.contract_id._check_integration_allowed(self.kind)
        if self.contract_id.state != "active":
            raise UserError(
                self.env._("Contract %(contract)s is not active: activate it first.", contract=self.contract_id.name)
            )
        self._by_kind("check_ready")

    def _by_kind(self, hook, *arguments):
        """Call the hook of the integration's kind."""
        return getattr(self, f"_{hook}_{self.kind}")(*arguments)

    def _do_activate(self):
        self._by_kind("start")

    def _do_resume(self):
        self._by_kind("start")

    def _do_pause(self):
        self._by_kind("stop", "pause")

    def _do_retire(self):
        self._by_kind("stop", "retire")

    def _do_rotate(self):
        self._by_kind("rotate")

    def _do_test(self):
        """Try it out. A failure of the test is said, and counts like any other."""
        good, message = self._by_kind("test")
        self._note(good, self.env._("Test: %(message)s", message=message))

    def _act(self, action):
        for integration in self:
            integration.manage_integration(action)
        return True

    def action_activate(self):
        """Start the integrations.

        :return: True
        """
        return self._act("activate")

    def action_pause(self):
        """Stop the integrations for a while: keys are refused, nothing is sent.

        :return: True
        """
        return self._act("pause")

    def action_resume(self):
        """Let paused and failing integrations run again.

        :return: True
        """
        return self._act("resume")

    def action_rotate(self):
        """Make new secrets; the old ones hold for a while longer.

        :return: True
        """
        return self._act("rotate")

    def action_retire(self):
        """End the integrations for good. Their log stays.

        :return: True
        """
        return self._act("retire")

    def action_test(self):
        """Try the integration out and say what came of it.

        :return: a notification
        """
        self.ensure_one()
        self.manage_integration("test")
        last = self._get_last_log()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.name,
                "message": last.name or "",
                "type": "danger" if last.level == "error" else "success",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
