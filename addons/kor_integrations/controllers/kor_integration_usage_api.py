from odoo.http import request, route

from odoo.addons.kor_usage.controllers.kor_usage_api import KorUsageApi

from .kor_integration_api import KorKeyCalls


class KorIntegrationUsageApi(KorKeyCalls, KorUsageApi):
    """Take usage with keys of integrations too: of their own contract only. Keys of users go their way as ever."""

    @route(auth="kor_key_or_user")
    def ingest(self, **kwargs):
        return self._ingest_by_key(super().ingest, kwargs)

    @route(auth="kor_key_or_user")
    def ingest_readings(self, **kwargs):
        return self._ingest_by_key(super().ingest_readings, kwargs)

    def _ingest_by_key(self, ingest, given):
        if not hasattr(request, "kor_key"):
            return ingest(**given)
        return self._answer_key("write:usage", lambda: ingest(**given), commits=True)
