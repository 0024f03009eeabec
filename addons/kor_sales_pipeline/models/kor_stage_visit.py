from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.http import request

from ..engine.funnel import DAY_SECONDS

WAYS = [
    ("created", "Created"),
    ("forward", "Moved on"),
    ("back", "Moved back"),
    ("transferred", "Changed the team"),
    ("won", "Won"),
    ("lost", "Lost"),
    ("reopened", "Reopened"),
]


class KorStageVisit(models.Model):
    """Note one stay of an opportunity in a stage: when, by whom, and what it was worth then."""

    _name = "kor.stage.visit"
    _description = "Stage Visit"
    _order = "date_entered desc, id desc"

    lead_id = fields.Many2one("crm.lead", string="Opportunity", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="lead_id.company_id")
    team_id = fields.Many2one("crm.team", required=True, index=True, ondelete="restrict")
    stage_id = fields.Many2one("crm.stage", required=True, index=True, ondelete="restrict")
    salesperson_id = fields.Many2one("res.users", index="btree_not_null", help="To whom it was assigned then.")
    date_entered = fields.Datetime(string="Entered", required=True, default=fields.Datetime.now, index=True)
    date_left = fields.Datetime(string="Left", help="Empty: it stands there at present.")
    entry = fields.Selection(WAYS, string="How Entered", required=True)
    exit = fields.Selection(WAYS, string="How Left")
    entered_by_id = fields.Many2one("res.users", required=True, default=lambda self: self.env.user)
    left_by_id = fields.Many2one("res.users")
    lost_reason_id = fields.Many2one("crm.lost.reason", ondelete="restrict")
    currency_id = fields.Many2one("res.currency", required=True)
    amount = fields.Monetary(string="Expected Revenue", help="When the stage was entered.")
    arr = fields.Monetary(string="ARR", help="When the stage was entered.")
    probability = fields.Float(string="Probability (%)", aggregator="avg", help="When the stage was entered.")
    is_imported = fields.Boolean(
        string="Imported", readonly=True, help="The dates are those of the system that the opportunity came from."
    )
    days = fields.Float(
        string="Days in Stage",
        compute="_compute_days",
        store=True,
        aggregator="avg",
        help="Empty while it stands there.",
    )

    _open_unique = models.UniqueIndex(
        "(lead_id) WHERE date_left IS NULL", "An opportunity stands in one stage at a time."
    )
    _dates_in_order = models.Constraint("CHECK (date_left >= date_entered)", "A stage is left after it was entered.")

    @api.depends("date_entered", "date_left")
    def _compute_days(self):
        for visit in self:
            spent = visit.date_left and (visit.date_left - visit.date_entered).total_seconds()
            visit.days = spent / float(DAY_SECONDS) if spent else 0

    @api.depends("lead_id.name", "stage_id.name")
    def _compute_display_name(self):
        for visit in self:
            visit.display_name = f"{visit.lead_id.name or ''} – {visit.stage_id.name or ''}"

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse: what happened stays."""
        raise UserError(self.env._("The history of stages is not changed: move the opportunity, and that is noted."))

    def _date_as_imported(self, moments):  # pylint: disable=missing-return
        """Give the stays of one opportunity the moments at which they began; what is left over ends the last one."""
        for number, visit in enumerate(self):
            left = moments[number + 1] if number + 1 < len(moments) else False
            # Past the guard of this class only: all other overrides hold.
            values = {"date_entered": moments[number], "date_left": left, "is_imported": True}
            super(KorStageVisit, visit).write(values)  # pylint: disable=super-method-mismatch

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The history of stages is not deleted; it goes with its opportunity."))

    @api.model
    def _note(self, leads, before):
        """Note in one batch how leads moved: `before` has, by id, stage, team and status of those there were."""
        left, entered = {}, []
        for lead in leads:
            move = _Move(lead, before.get(lead.id))
            if move.leaves:
                left.setdefault((move.way_out, lead.lost_reason_id if move.is_lost else False), []).append(lead.id)
            if move.enters:
                entered.append(self._prepare_entered_values(lead, move.way_in))
        for (way, reason), lead_ids in left.items():
            self._leave(lead_ids, way, reason)
        # The database has to know who left before others enter.
        self.flush_model(["date_left"])
        self.create(entered)

    @api.model
    def _prepare_entered_values(self, lead, way):
        """Return the values of a visit that begins. Extensible."""
        return {
            "lead_id": lead.id,
            "team_id": lead.team_id.id,
            "stage_id": lead.stage_id.id,
            "salesperson_id": lead.user_id.id,
            "entry": way,
            "entered_by_id": self._get_actor_id(),
            "currency_id": lead.company_currency.id,
            "amount": lead.expected_revenue,
            "arr": lead.kor_arr_company,
            "probability": lead.probability,
        }

    @api.model
    def _get_actor_id(self):
        """Return who moves: pages of the portal work as the superuser, for the visitor that the request knows."""
        visitor = request.env.uid if request and request.env and self.env.uid == SUPERUSER_ID else None
        return visitor or self.env.uid

    @api.model
    def _leave(self, lead_ids, way, lost_reason):  # pylint: disable=missing-return
        visits = self.search([("lead_id", "in", lead_ids), ("date_left", "=", False)])
        # A clock that was set back leaves nobody behind.
        now = max([fields.Datetime.now(), *visits.mapped("date_entered")])
        super(KorStageVisit, visits).write(  # pylint: disable=super-method-mismatch
            {
                "date_left": now,
                "exit": way,
                "left_by_id": self._get_actor_id(),
                "lost_reason_id": lost_reason.id if lost_reason else False,
            }
        )

    @api.model
    def _note_reason(self, leads):  # pylint: disable=missing-return
        """Note why leads are lost, where that was not known when they left.

        Odoo archives first and tells the reason then; what has no chance any more is lost as soon as it is archived.
        """
        last = {visit.lead_id: visit for visit in self.search([("lead_id", "in", leads.ids)], order="id")}
        for lead, visit in last.items():
            if visit.exit == "lost" and not visit.lost_reason_id:
                values = {"lost_reason_id": lead.lost_reason_id.id}
                super(KorStageVisit, visit).write(values)  # pylint: disable=super-method-mismatch


class _Move:
    """Say how a lead came from where it stood to where it stands."""

    def __init__(self, lead, before):
        self.old_stage, self.old_team, self.old_status = before or (None, None, None)
        self.stage, self.is_won = lead.stage_id, lead.won_status == "won"
        self.is_lost = lead.won_status == "lost"
        self.inside = lead.team_id.kor_is_pipeline
        self.was_inside = bool(self.old_team and self.old_team.kor_is_pipeline)
        self.stood = self.was_inside and self.old_status != "lost"
        self.stands = self.inside and not self.is_lost
        self.changed = self.old_stage != self.stage or (self.old_team != lead.team_id)

    @property
    def leaves(self):
        return self.stood and (self.changed or not self.stands)

    @property
    def enters(self):
        return self.stands and (self.changed or not self.stood)

    @property
    def way_out(self):
        if self.is_lost:
            return "lost"
        return self._direction if self.inside else "transferred"

    @property
    def way_in(self):
        if self.is_won:
            return "won"
        if self.old_status is None:
            return "created"
        if not self.was_inside:
            return "transferred"
        return "reopened" if self.old_status == "lost" else self._direction

    @property
    def _direction(self):
        if self.old_stage == self.stage:
            return "transferred"
        return "forward" if self.old_stage._kor_rank() < self.stage._kor_rank() else "back"
