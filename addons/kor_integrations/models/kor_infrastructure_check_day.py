from odoo import api, fields, models
from odoo.tools import SQL


class KorInfrastructureCheckDay(models.Model):
    """How often a check succeeded and failed on a day, and how long it took. Kept instead of each single outcome."""

    _name = "kor.infrastructure.check.day"
    _description = "Day of a Check"
    _order = "day desc, id desc"
    _log_access = False

    check_id = fields.Many2one("kor.infrastructure.check", required=True, readonly=True, index=True, ondelete="cascade")
    infrastructure_id = fields.Many2one(
        "kor.infrastructure", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    day = fields.Date(required=True, readonly=True, help="In UTC.")
    successes = fields.Integer(readonly=True)
    failures = fields.Integer(readonly=True)
    milliseconds = fields.Integer(string="Average Duration (ms)", readonly=True, aggregator="avg")
    slowest = fields.Integer(string="Slowest (ms)", readonly=True, aggregator="max")
    last_error = fields.Char(readonly=True)
    rate = fields.Float(string="Good (%)", compute="_compute_rate", digits=(16, 2))

    _day_unique = models.UniqueIndex("(check_id, day)", "This day is counted already.")

    @api.depends("successes", "failures")
    def _compute_rate(self):
        for day in self:
            total = day.successes + day.failures
            day.rate = day.successes * 100 / total if total else 0

    @api.model
    def _add(self, outcomes):
        """Add outcomes to the counts of their days, in one query; what could not be made counts for nothing.

        :param outcomes: {check id: Outcome}
        """
        rows = [(id_, *one[:4]) for id_, one in sorted(outcomes.items()) if one.is_good is not None]
        if not rows:
            return
        # The average is kept as such: with its counts it can go on.
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO kor_infrastructure_check_day AS d (check_id, infrastructure_id, company_id, day, successes,
                                                               failures, milliseconds, slowest, last_error)
                SELECT c.id, c.infrastructure_id, c.company_id, n.day, n.good::int, 1 - n.good::int, n.ms, n.ms,
                       CASE WHEN NOT n.good THEN n.message END
                  FROM unnest(%s::int[], %s::date[], %s::bool[], %s::text[], %s::int[]) AS n(id, day, good, message, ms)
                  JOIN kor_infrastructure_check c ON c.id = n.id
                 ORDER BY c.id
                    ON CONFLICT (check_id, day) DO UPDATE
                   SET milliseconds = (d.milliseconds::bigint * (d.successes + d.failures) + excluded.milliseconds)
                                      / (d.successes + d.failures + 1),
                       successes = d.successes + excluded.successes, failures = d.failures + excluded.failures,
                       slowest = greatest(d.slowest, excluded.slowest),
                       last_error = coalesce(excluded.last_error, d.last_error)
                """,
                *(list(column) for column in zip(*rows, strict=True)),
            )
        )
        self.invalidate_model()
