from odoo.exceptions import UserError
from odoo.http import request, route

from .kor_integration_portal import KorIntegrationPortal


class KorSyncPortal(KorIntegrationPortal):
    """Data syncs of customers: the page of the integration shows what was sent, these let it run."""

    @route(
        ["/my/integrations/<int:integration_id>/sync/<any(run,confirm):action>"],
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_kor_sync_act(self, integration_id, action, shown="", **_kwargs):
        """Run the own data sync now, or confirm the key that the own server showed."""

        def run(integration):
            integration.sync_now()
            self._tell_kor(request.env._("It runs in a moment. Load this page again to see what was sent."), "success")

        def confirm(integration):
            # The key that was read on the page, not one that another test has found since.
            if shown != integration.sudo().sync_host_key_seen:  # their own server's
                raise UserError(request.env._("The server shows another key by now: compare it again."))
            integration.action_confirm_host_key()
            self._tell_kor(request.env._("The key is confirmed. Test the connection now."), "success")

        return self._act_kor_integration(integration_id, {"run": run, "confirm": confirm}[action])
