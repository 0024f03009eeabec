from odoo import api, fields, models

# All schedules in one statement: a close writes the months of each contract of a company.
WRITE_TARGETS = """
    WITH target AS (
        SELECT * FROM unnest(%(schedules)s::int[], %(months)s::date[], %(amounts)s::numeric[])
            AS target(schedule_id, month, amount)
    ), gone AS (
        UPDATE kor_revenue_month old SET amount = 0, open_amount = -booked
        WHERE schedule_id = ANY(%(ids)s) AND amount != 0 AND NOT EXISTS (
            SELECT FROM target WHERE target.schedule_id = old.schedule_id AND target.month = old.month)
    )
    INSERT INTO kor_revenue_month (schedule_id, month, amount, booked, open_amount, kind, contract_id,
        partner_id, tier_id, product_id, account_id, company_id, currency_id,
        create_uid, write_uid, create_date, write_date)
    SELECT target.schedule_id, target.month, target.amount, 0, target.amount, own.kind, own.contract_id,
        own.partner_id, own.tier_id, own.product_id, own.account_id, own.company_id, own.currency_id,
        %(uid)s, %(uid)s, now() at time zone 'UTC', now() at time zone 'UTC'
    FROM target JOIN kor_revenue_schedule own ON own.id = target.schedule_id
    ON CONFLICT (schedule_id, month) DO UPDATE
        SET amount = excluded.amount, open_amount = excluded.amount - kor_revenue_month.booked
        WHERE kor_revenue_month.amount != excluded.amount
"""


class KorRevenueMonth(models.Model):
    """What a schedule earns in a calendar month: the target, written by the engine, beside what is booked of it."""

    _name = "kor.revenue.month"
    _inherit = ["kor.revenue.calendar.month"]
    _description = "Revenue by Month"
    _order = "month, schedule_id"
    _rec_name = "month"

    schedule_id = fields.Many2one("kor.revenue.schedule", required=True, readonly=True, index=True, ondelete="cascade")
    month = fields.Date(required=True, readonly=True, index=True, help="The first day of the month.")
    kind = fields.Selection(related="schedule_id.kind", store=True)
    contract_id = fields.Many2one("kor.contract", required=True, readonly=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one(related="schedule_id.partner_id", store=True)
    tier_id = fields.Many2one(related="schedule_id.tier_id", store=True)
    product_id = fields.Many2one(related="schedule_id.product_id", store=True)
    account_id = fields.Many2one(related="schedule_id.account_id", store=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one(related="schedule_id.currency_id", store=True)
    amount = fields.Monetary(string="Earned", readonly=True, help="What the contract earns in the month.")
    booked = fields.Monetary(string="Recognised", readonly=True, help="What of it stands in the ledger.")
    open_amount = fields.Monetary(
        string="To Recognise",
        # Always known, so that PostgreSQL finds those that are not 0 by their indexes.
        required=True,
        readonly=True,
        help="Earned, and not in the ledger yet.",
    )

    _month_unique = models.UniqueIndex("(schedule_id, month)", "The schedule has this month already.")
    _open_index = models.Index("(company_id, month) WHERE open_amount != 0")
    _open_schedule_index = models.Index("(schedule_id) WHERE open_amount != 0")

    @api.model
    def _write_targets(self, targets):
        """Bring the months of schedules to new targets; months that have none any more come to 0.

        :param targets: {schedule id: {first day of month: amount}}
        """
        if not targets:
            return
        rows = [
            (schedule_id, month, float(amount)) for schedule_id, own in targets.items() for month, amount in own.items()
        ]
        self.env.flush_all()
        self.env.cr.execute(
            WRITE_TARGETS,
            {
                "schedules": [row[0] for row in rows],
                "months": [row[1] for row in rows],
                "amounts": [row[2] for row in rows],
                "ids": list(targets),
                "uid": self.env.uid,
            },
        )
        self.invalidate_model()
        self.env["kor.revenue.schedule"].invalidate_model(["month_ids"])

    @api.model
    def _refresh_booked(self, schedule_ids):
        """Say of the months of schedules what is booked of them."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            WITH booked AS (
                SELECT schedule_id, month, sum(amount) AS amount FROM kor_revenue_item
                WHERE schedule_id = ANY(%(ids)s) GROUP BY schedule_id, month
            )
            UPDATE kor_revenue_month own
            SET booked = booked.amount, open_amount = own.amount - booked.amount
            FROM booked
            WHERE own.schedule_id = booked.schedule_id AND own.month = booked.month AND own.booked != booked.amount
            """,
            {"ids": list(schedule_ids)},
        )
        self.invalidate_model()
