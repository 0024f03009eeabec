from odoo.http import request, route

from odoo.addons.portal.controllers.portal import pager as portal_pager

from .kor_integration_portal import MESSAGE, KorIntegrationPortal

STATES = ("pending", "retrying", "delivered", "dead", "cancelled")


class KorWebhookPortal(KorIntegrationPortal):
    """The customer's own webhooks: what they are told, what came of it, and once more."""

    @route(["/my/integrations/events"], type="http", auth="user", website=True, readonly=True)
    def portal_kor_event_types(self, **_kwargs):
        """Show what webhooks tell, with an example of each message."""
        types = request.env["kor.event.type"]
        if not types.has_access("read"):
            return request.redirect("/my")
        values = {
            **self._prepare_portal_layout_values(),
            "event_types": types.search([]),
            "page_name": "kor_event_types",
        }
        return request.render("kor_integrations.kor_event_type_portal_list", values)

    def _get_kor_webhook(self, integration_id):
        return self._get_own_kor_integrations([("id", "=", integration_id), ("kind", "=", "webhook")])

    @route(
        [
            "/my/integrations/<int:integration_id>/deliveries",
            "/my/integrations/<int:integration_id>/deliveries/page/<int:page>",
        ],
        type="http",
        auth="user",
        website=True,
    )
    def portal_kor_deliveries(self, integration_id, page=1, state="", **_kwargs):
        """List what was sent, and what waits."""
        webhook = self._get_kor_webhook(integration_id)
        if not webhook:
            return request.redirect("/my/integrations")
        chosen = state if state in STATES else ""
        domain = [("integration_id", "=", webhook.id), *([("state", "=", chosen)] if chosen else [])]
        deliveries = request.env["kor.webhook.delivery"]
        url = f"/my/integrations/{webhook.id}/deliveries"
        pager = portal_pager(
            url=url,
            url_args={"state": chosen} if chosen else {},
            total=deliveries.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        found = deliveries.search(domain, limit=self._items_per_page, offset=pager["offset"])
        counts = dict(deliveries._read_group([("integration_id", "=", webhook.id)], ["state"], ["__count"]))
        labels = dict(deliveries._fields["state"]._description_selection(request.env))
        values = {
            **self._prepare_kor_webhook_values(webhook, "kor_deliveries"),
            "deliveries": found.sudo(),  # names of events; the rules chose the records
            "filters": [(name, labels[name], counts[name]) for name in STATES if counts.get(name)],
            "total": sum(counts.values()),
            "chosen": chosen,
            "dead_count": counts.get("dead", 0),
            "pager": pager,
            "default_url": url,
        }
        return request.render("kor_integrations.kor_webhook_portal_deliveries", values)

    def _prepare_kor_webhook_values(self, webhook, page_name):
        return {
            **self._prepare_portal_layout_values(),
            "integration": webhook.sudo(),  # the rules chose it, and the page shows what is the customer's
            "can_manage": webhook._is_own_of_portal_user() and webhook.is_self_service,
            "message": request.session.pop(MESSAGE, None),
            "page_name": page_name,
        }

    @route(
        ["/my/integrations/<int:integration_id>/deliveries/<int:delivery_id>"], type="http", auth="user", website=True
    )
    def portal_kor_delivery(self, integration_id, delivery_id, **_kwargs):
        """Show one delivery: the message, and the last answer."""
        webhook = self._get_kor_webhook(integration_id)
        domain = [("id", "=", delivery_id), ("integration_id", "=", webhook.id)]
        delivery = webhook and request.env["kor.webhook.delivery"].search(domain)
        if not delivery:
            return request.redirect("/my/integrations")
        values = {
            **self._prepare_kor_webhook_values(webhook, "kor_delivery"),
            "delivery": delivery.sudo(),  # the message names the contract; the rules chose the record
        }
        return request.render("kor_integrations.kor_webhook_portal_delivery", values)

    @route(
        ["/my/integrations/<int:integration_id>/deliveries/<int:delivery_id>/replay"],
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_kor_delivery_replay(self, integration_id, delivery_id, **_kwargs):
        """Send one delivery once more."""

        def replay(webhook):
            domain = [("id", "=", delivery_id), ("integration_id", "=", webhook.id)]
            self._tell_kor_replayed(request.env["kor.webhook.delivery"].search(domain).replay())

        self._act_kor_integration(integration_id, replay)
        return request.redirect(f"/my/integrations/{integration_id}/deliveries/{delivery_id}")

    @route(["/my/integrations/<int:integration_id>/replay"], type="http", auth="user", methods=["POST"], website=True)
    def portal_kor_webhook_replay(self, integration_id, date_from="", date_to="", **_kwargs):
        """Send once more what is dead, or all of a time span."""
        self._act_kor_integration(
            integration_id, lambda webhook: self._tell_kor_replayed(webhook.replay(date_from, date_to))
        )
        return request.redirect(f"/my/integrations/{integration_id}/deliveries")

    def _tell_kor_replayed(self, count):
        text = (
            request.env._("%(count)s deliveries are sent once more.", count=count)
            if count
            else request.env._("There is nothing to send once more.")
        )
        self._tell_kor(text, "success" if count else "info")

    @route(["/my/integrations/<int:integration_id>/webhook"], type="http", auth="user", methods=["POST"], website=True)
    def portal_kor_webhook_change(self, integration_id, url="", everything="", **_kwargs):
        """Change where the webhook sends, and what."""
        events = [] if everything else request.httprequest.form.getlist("events")

        def change(webhook):
            webhook.set_webhook({"url": url, "events": events})
            self._tell_kor(request.env._("Saved."), "success")

        return self._act_kor_integration(integration_id, change)

    @route(["/my/integrations/<int:integration_id>/secret"], type="http", auth="user", methods=["POST"], website=True)
    def portal_kor_webhook_secret(self, integration_id, **_kwargs):
        """Show the secret on this answer only."""
        return self._act_kor_integration(integration_id, lambda webhook: {"secret": webhook.reveal_secret()})
