from odoo import api, fields, models
from odoo.tools import SQL


class KorIntegrationDay(models.Model):
    """How often an integration succeeded and failed on a day."""

    _name = "kor.integration.day"
    _description = "Integration Day"
    _order = "day desc, id desc"
    _log_access = False

    integration_id = fields.Many2one("kor.integration", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="integration_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="integration_id.partner_id", string="Customer")
    kind = fields.Selection(related="integration_id.kind", store=True)
    day = fields.Date(required=True, index=True, help="In UTC.")
    successes = fields.Integer()
    failures = fields.Integer()

    _day_unique = models.UniqueIndex("(integration_id, day)", "This day is counted already.")

    @api.model
    def _add(self, outcomes):
        """Add to today's counts, in one query: {integration id: (successes, failures)}."""
        if not outcomes:
            return
        self.env["kor.integration"].flush_model(["company_id", "kind"])
        ids = sorted(outcomes)
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO kor_integration_day AS d (integration_id, company_id, kind, day, successes, failures)
                SELECT i.id, i.company_id, i.kind, %s, n.successes, n.failures
                  FROM unnest(%s::int[], %s::int[], %s::int[]) AS n(id, successes, failures)
                  JOIN kor_integration i ON i.id = n.id
                 ORDER BY i.id
                    ON CONFLICT (integration_id, day) DO UPDATE
                   SET successes = d.successes + excluded.successes, failures = d.failures + excluded.failures
                """,
                fields.Date.today(),
                ids,
                [outcomes[id_][0] for id_ in ids],
                [outcomes[id_][1] for id_ in ids],
            )
        )
        self.invalidate_model(["successes", "failures"])
        self.env["kor.integration"].invalidate_model(["day_ids"])
