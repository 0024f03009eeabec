from odoo import models


class KorIntegrationNoticeMixin(models.AbstractModel):
    """Tell the customer's contact by mail what happened to an integration without them."""

    _name = "kor.integration.notice.mixin"
    _description = "Notices about Integrations"

    def _tell_owner(self, template, values=None):
        """Mail the customer's contact, where there is one with an address.

        :param template: the id of a mail template of this addon, or a full external id
        :param values: what the template finds in its context
        """
        self.ensure_one()
        name = template if "." in template else f"kor_integrations.{template}"
        mail = self.env.ref(name, raise_if_not_found=False)
        if mail and self.owner_id.email:
            self.with_context(**(values or {})).message_mail_with_source(mail)

    def _get_state_label(self):
        return dict(self._fields["state"]._description_selection(self.env))[self.state]

    def _tell_failing(self):
        result = super()._tell_failing()
        self._tell_owner("mail_template_failing")
        return result

    def _manage(self, action):
        result = super()._manage(action)
        # Who switches it off need not be told of it.
        if action in ("pause", "retire") and self.env.user.partner_id != self.owner_id:
            self._tell_owner("mail_template_off")
        return result

    def _switch_off(self, reason):
        """Pause an integration because of what it did, such as an address that has been dead for days."""
        self.ensure_one()
        self._by_kind("stop", "pause")
        self._enter("paused")
        self._log("error", self.env._("Switched off: %(reason)s", reason=reason))
        self._tell_owner("mail_template_off", {"kor_reason": reason})
