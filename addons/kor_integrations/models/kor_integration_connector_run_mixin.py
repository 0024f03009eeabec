import time
from datetime import UTC, timedelta
from functools import partial

from odoo import api, fields, models

from odoo.addons.kor_usage.engine.local_days import LocalDays

from ..connectors import CONNECTORS, Context
from ..connectors.base import FAILURES
from ..engine.sync_schedule import retry_at
from ..tools import guarded_http
from .kor_integration_state_mixin import RUNNING


class KorIntegrationConnectorRunMixin(models.AbstractModel):
    """Run connectors by their schedule. Each run is safe to repeat, so nothing has to be remembered of a broken one."""

    _name = "kor.integration.connector.run.mixin"
    _description = "Runs of Connectors"

    @api.model
    def _get_connector_due_domain(self):
        return [
            ("kind", "=", "connector"),
            ("state", "in", RUNNING),
            ("contract_id.state", "=", "active"),
            ("connector_date_next", "<=", fields.Datetime.now()),
        ]

    @api.model
    def _cron_connect(self):
        """Run the connectors that are due."""
        cron, domain = self.env["ir.cron"], self._get_connector_due_domain()
        ids = self.search(domain, order="connector_date_next, id").ids
        cron._commit_progress(remaining=len(ids))
        for id_ in ids:
            integration = self.browse(id_).try_lock_for_update().filtered_domain(domain)
            if integration:
                integration._connect()
            if not cron._commit_progress(1):
                return
            self.env.invalidate_all()

    def _connect(self):
        """Let the connector do its work, and note what came of it."""
        self.ensure_one()
        started, error, message = time.monotonic(), "", ""
        try:
            context = self._get_connector_context()
            # No transaction is open while the other system is asked.
            self.env["ir.cron"]._commit_progress()
            message = CONNECTORS[self.connector_code]().run(context)
            self.connector_state = context.state
        except Exception as failure:
            self.env.cr.rollback()
            error = self._explain_failure(failure, FAILURES)
        self.env.invalidate_all()
        self._settle_connector(error, message, round((time.monotonic() - started) * 1000))

    def _settle_connector(self, error, message, milliseconds):
        now = fields.Datetime.now()
        failures = self.connector_failures + 1 if error else 0
        regular = now + timedelta(minutes=int(self.connector_interval))
        self.write(
            {
                "connector_date_last": now,
                "connector_failures": failures,
                # Paused in the meantime, it has none.
                "connector_date_next": self.state in RUNNING and retry_at(now, failures, regular),
            }
        )
        if error or message:
            self._note(not error, error or message, milliseconds=milliseconds)
        else:
            self._count({self.id: (1, 0)})

    def _get_connector_context(self):
        """Return what the connector has to work with."""
        integration = self.sudo()  # secrets are for the integration itself
        contract = integration.contract_id
        since = LocalDays(contract.tz or "UTC").midnight(contract.date_start)
        schema = CONNECTORS[integration.connector_code].schema
        defaults = {name: wanted["default"] for name, wanted in schema.items() if "default" in wanted}
        return Context(
            config={**defaults, **(integration.connector_config or {}), **(integration.connector_secrets or {})},
            now=fields.Datetime.now(),
            since=since.astimezone(UTC).replace(tzinfo=None),
            metrics={code: one.dimension_keys for code, one in self.env["kor.metric"]._get_measures().items()},
            request=partial(guarded_http.request, allow_private=guarded_http.get_allowed(self.env)),
            record=partial(integration._feed_readings, f"connector:{integration.connector_code}"),
            state=integration.connector_state or {},
        )
