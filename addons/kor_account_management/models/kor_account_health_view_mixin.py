from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

HISTORY_DAYS = 90


class KorAccountHealthViewMixin(models.AbstractModel):
    """Show the health of accounts: how it went in ninety days, and why it is as it is."""

    _name = "kor.account.health.view.mixin"
    _inherit = ["kor.account.health.mixin", "kor.health.words.mixin"]
    _description = "Health of Accounts on Screen"

    health_snapshot_id = fields.Many2one(
        "kor.health.snapshot", string="Latest Health", compute="_compute_health_snapshot_id"
    )
    health_history = fields.Json(
        string="90 Days", compute="_compute_health_history", help="The scores of ninety days, as [day, score] each."
    )
    health_reason = fields.Char(
        string="Why", compute="_compute_health_reason", help="What takes most away from the score."
    )
    health_html = fields.Html(string="Health in Parts", compute="_compute_health_html", sanitize=False)

    def _compute_health_snapshot_id(self):
        snapshots = self.env["kor.health.snapshot"]
        rows = self.env.execute_query(
            SQL(
                """
                SELECT a.id, s.id FROM unnest(%s::int[]) AS a(id)
                 CROSS JOIN LATERAL (SELECT s.id FROM kor_health_snapshot s WHERE s.account_id = a.id
                                      ORDER BY s.date DESC LIMIT 1) s
                """,
                self.ids,
            )
        )
        found = dict(rows)
        for account in self:
            account.health_snapshot_id = snapshots.browse(found.get(account.id))

    def _compute_health_history(self):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT account_id, json_agg(json_build_array(date, round(score::numeric, 1)) ORDER BY date)
                  FROM kor_health_snapshot
                 WHERE account_id = ANY(%s) AND date > %s AND score IS NOT NULL
                 GROUP BY account_id
                """,
                self.ids,
                fields.Date.context_today(self) - timedelta(days=HISTORY_DAYS),
            )
        )
        histories = dict(rows)
        for account in self:
            account.health_history = histories.get(account.id, [])

    @api.depends("health_score")
    @api.depends_context("lang")
    def _compute_health_reason(self):
        for account in self:
            account.health_reason = account._describe_reasons(account.health_snapshot_id.components)

    @api.depends("health_score")
    @api.depends_context("lang")
    def _compute_health_html(self):
        labels = dict(self.env["kor.health.weight"]._fields["component"]._description_selection(self.env))
        for account in self:
            snapshot = account.health_snapshot_id
            parts = [
                {
                    **part,
                    "label": labels.get(part["component"], part["component"]),
                    "text": account._describe_part(part),
                }
                for part in snapshot.components or []
            ]
            values = {"snapshot": snapshot, "parts": parts}
            account.health_html = self.env["ir.qweb"]._render("kor_account_management.health_card", values)

    def action_open_snapshots(self):
        """Open the health of the account by the day.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_account_management.kor_health_snapshot_action")
        return {**action, "domain": [("account_id", "=", self.id)], "context": {"create": False}}
