from odoo import fields, models
from odoo.tools import SQL


class KorConversionReport(models.Model):
    """Say of every opportunity that reached a stage whether it reached each later one.

    The rules are those of `engine/funnel.py`: whoever stands in a stage has passed all before it, at the first time.
    """

    _name = "kor.conversion.report"
    _description = "Conversion"
    _auto = False
    _order = "date_from desc, id"
    _depends = {
        "kor.stage.visit": ["lead_id", "team_id", "stage_id", "date_entered"],
        "crm.lead": ["company_id", "user_id", "won_status", "kor_plan_id", "kor_tier_id", "source_id"],
        "crm.stage": ["sequence"],
    }

    lead_id = fields.Many2one("crm.lead", string="Opportunity", readonly=True)
    team_id = fields.Many2one("crm.team", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    kor_plan_id = fields.Many2one("kor.plan", string="Plan", readonly=True)
    kor_tier_id = fields.Many2one("kor.tier", string="Tier", readonly=True)
    source_id = fields.Many2one("utm.source", readonly=True)
    from_stage_id = fields.Many2one("crm.stage", string="From Stage", readonly=True)
    to_stage_id = fields.Many2one("crm.stage", string="To Stage", readonly=True)
    date_from = fields.Datetime(string="Cohort", readonly=True, help="When it reached the first of the two stages.")
    date_to = fields.Datetime(string="Reached the Second", readonly=True)
    converted = fields.Integer(readonly=True, help="How many reached the second stage.")
    rate = fields.Float(string="Conversion (%)", aggregator="avg", readonly=True)
    days = fields.Float(string="Days between", aggregator="avg", readonly=True)
    won_status = fields.Selection(
        [("won", "Won"), ("lost", "Lost"), ("pending", "Pending")], string="Outcome", readonly=True
    )
    next_only = fields.Boolean(string="Next Stage", readonly=True, help="The second stage follows the first.")

    @property
    def _table_query(self):
        # Whatever it takes, a model without a table is one query.
        return SQL(
            """
            WITH step AS (
                SELECT rel.crm_team_id AS team_id, stage.id AS stage_id,
                       ROW_NUMBER() OVER (PARTITION BY rel.crm_team_id ORDER BY stage.sequence, stage.id) AS place
                  FROM crm_stage stage
                  JOIN crm_stage_crm_team_rel rel ON rel.crm_stage_id = stage.id
                  JOIN crm_team team ON team.id = rel.crm_team_id AND team.kor_is_pipeline
            ), reach AS (
                SELECT visit.lead_id, visit.team_id, step.stage_id, step.place, MIN(visit.date_entered) AS moment
                  FROM kor_stage_visit visit
                  JOIN step stood ON stood.team_id = visit.team_id AND stood.stage_id = visit.stage_id
                  JOIN step ON step.team_id = visit.team_id AND step.place <= stood.place
                 GROUP BY visit.lead_id, visit.team_id, step.stage_id, step.place
            )
            SELECT lead.id::bigint * 10000 + source.place * 100 + target.place AS id,
                   lead.id AS lead_id, source.team_id, lead.company_id, lead.user_id, lead.kor_plan_id,
                   lead.kor_tier_id, lead.source_id, lead.won_status,
                   source.stage_id AS from_stage_id, target.stage_id AS to_stage_id,
                   source.moment AS date_from, reached.moment AS date_to,
                   (reached.moment IS NOT NULL)::int AS converted,
                   CASE WHEN reached.moment IS NULL THEN 0.0 ELSE 100.0 END AS rate,
                   EXTRACT(EPOCH FROM reached.moment - source.moment) / 86400 AS days,
                   target.place = source.place + 1 AS next_only
              FROM reach source
              JOIN crm_lead lead ON lead.id = source.lead_id
              JOIN step target ON target.team_id = source.team_id AND target.place > source.place
         LEFT JOIN reach reached ON reached.lead_id = source.lead_id AND reached.team_id = source.team_id
                                AND reached.stage_id = target.stage_id
            """
        )
