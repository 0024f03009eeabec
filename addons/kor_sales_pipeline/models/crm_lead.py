from odoo import api, fields, models
from odoo.tools import split_every

# What can move a lead from one stage, team or outcome to another.
MOVING_FIELDS = {"stage_id", "team_id", "user_id", "type", "active", "probability"}


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = [
        "crm.lead",
        "kor.lead.estimate.mixin",
        "kor.lead.stage.mixin",
        "kor.lead.handover.mixin",
        "kor.lead.history.mixin",
    ]

    stage_id = fields.Many2one(domain="[('id', 'in', kor_stage_choice_ids)]")
    kor_stage_key = fields.Selection(related="stage_id.kor_key", string="Pipeline Step")
    kor_is_pipeline = fields.Boolean(related="team_id.kor_is_pipeline", string="In the Enterprise Pipeline")
    # Defaults would count as typed by hand, so that the two revenues have none.
    expected_revenue = fields.Monetary(compute="_compute_expected_revenue", store=True, readonly=False, default=None)
    recurring_revenue = fields.Monetary(compute="_compute_recurring_revenue", store=True, readonly=False, default=None)
    recurring_plan = fields.Many2one(compute="_compute_recurring_revenue", store=True, readonly=False)
    kor_value = fields.Monetary(
        string="Contract Value",
        compute="_compute_kor_value",
        store=True,
        currency_field="company_currency",
        help="What is expected of the contract, in the company's currency.",
    )
    kor_arr_company = fields.Monetary(
        string="ARR (company currency)", compute="_compute_kor_value", store=True, currency_field="company_currency"
    )
    kor_arr_weighted = fields.Monetary(
        string="Weighted ARR", compute="_compute_kor_arr_weighted", store=True, currency_field="company_currency"
    )
    # What was put into the native fields last: another amount there was typed by hand, and stays.
    kor_value_followed = fields.Float(
        compute="_compute_expected_revenue", store=True, copy=True, export_string_translation=False
    )
    kor_arr_followed = fields.Float(
        compute="_compute_recurring_revenue", store=True, copy=True, export_string_translation=False
    )

    @api.depends("kor_first_year", "kor_arr", "kor_currency_id", "company_id")
    def _compute_kor_value(self):
        today = fields.Date.context_today(self)
        for lead in self:
            company = lead.company_id or self.env.company
            convert = lead.kor_currency_id._convert if lead.kor_currency_id else lambda amount, *_args: amount
            lead.kor_value = convert(lead.kor_first_year, company.currency_id, company, today)
            lead.kor_arr_company = convert(lead.kor_arr, company.currency_id, company, today)

    @api.depends("kor_arr_company", "probability")
    def _compute_kor_arr_weighted(self):
        for lead in self:
            lead.kor_arr_weighted = lead.kor_arr_company * (lead.probability or 0) / 100

    @api.depends("kor_value")
    def _compute_expected_revenue(self):
        for lead in self:
            follows = lead._kor_follows(lead.expected_revenue, lead.kor_value, lead.kor_value_followed)
            lead.expected_revenue = lead.kor_value if follows else lead.expected_revenue
            lead.kor_value_followed = lead.kor_value if follows else lead.kor_value_followed

    @api.depends("kor_arr_company")
    def _compute_recurring_revenue(self):
        for lead in self:
            plan = lead.recurring_plan or lead._kor_get_yearly_plan()
            due = lead._kor_get_recurring(plan)
            follows = lead._kor_follows(lead.recurring_revenue, due, lead.kor_arr_followed)
            lead.recurring_plan = plan
            lead.recurring_revenue = due if follows else lead.recurring_revenue
            lead.kor_arr_followed = due if follows else lead.kor_arr_followed

    @api.depends("user_id", "type")
    def _compute_team_id(self):
        """Keep opportunities of the pipeline in it, whoever takes care of them."""
        return super(CrmLead, self.filtered(lambda lead: not lead.team_id.kor_is_pipeline))._compute_team_id()

    @api.depends("team_id", "type")
    def _compute_stage_id(self):
        result = super()._compute_stage_id()
        for lead in self:
            # A shared stage is none of the pipeline's.
            if lead.team_id.kor_is_pipeline and lead.team_id not in lead.stage_id.team_ids:
                lead.stage_id = lead._stage_find(domain=[("fold", "=", False)])
        return result

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        leads._kor_note_followed()
        inside = leads.filtered("kor_is_pipeline")
        if inside:
            inside._kor_follow({})
        return leads

    def write(self, vals):
        if self._kor_is_foreign_stage(vals):
            # Merging brings the stage of another team along: the lead begins at the first of its new team's.
            vals = {name: value for name, value in vals.items() if name != "stage_id"}
        before = self._kor_get_standing() if MOVING_FIELDS & set(vals) else {}
        result = super().write(vals)
        if {"expected_revenue", "recurring_revenue"} & set(vals):
            self._kor_note_followed()
        if before:
            self._kor_follow(before)
        if vals.get("lost_reason_id"):
            lost = self.filtered(lambda lead: lead.kor_is_pipeline and lead.won_status == "lost")
            self.env["kor.stage.visit"].sudo()._note_reason(lost)  # facts are noted for people who may only read them
        return result

    def _kor_is_foreign_stage(self, vals):
        """Tell whether leads are brought into the pipeline together with a stage that is none of its."""
        if not vals.get("stage_id") or not vals.get("team_id"):
            return False
        team = self.env["crm.team"].browse(vals["team_id"])
        stage = self.env["crm.stage"].browse(vals["stage_id"])
        return team.kor_is_pipeline and team not in stage.team_ids and team not in self.team_id

    @api.model
    def _read_group_stage_ids(self, stages, domain):
        team = self.env["crm.team"].browse(self.env.context.get("default_team_id") or ())
        if team.kor_is_pipeline:
            return stages | team.kor_stage_ids
        return super()._read_group_stage_ids(stages, domain)

    def _stage_find(self, team_id=False, domain=None, order="sequence, id", limit=1):
        """Find the pipeline's stages only among its own."""
        teams = self.env["crm.team"].browse(team_id or ()) | self.team_id
        if teams and all(teams.mapped("kor_is_pipeline")):
            domain = [*(domain or []), ("team_ids", "in", teams.ids)]
        return super()._stage_find(team_id=team_id, domain=domain, order=order, limit=limit)

    def _merge_get_fields(self):
        names = ["kor_plan_id", "kor_tier_id", "kor_users", "kor_components", "kor_term_months", "kor_date_start"]
        return (*super()._merge_get_fields(), *names)

    def _update_automated_probabilities(self):
        """Weigh what has a new probability anew: Odoo writes these past the amounts that it stores by them."""
        before = self._kor_get_probabilities()
        result = super()._update_automated_probabilities()
        now = self._kor_get_probabilities()
        changed = [lead_id for lead_id, probability in now.items() if before.get(lead_id) != probability]
        for ids in split_every(1000, changed):
            leads = self.browse(ids)
            leads.modified(["probability"])
            leads.flush_recordset()
            leads.invalidate_recordset()
        return result

    def _kor_get_probabilities(self):
        """Return the probabilities of open leads by their ids, read at once."""
        query = self._search([("won_status", "=", "pending")])
        columns = (self._field_to_sql(self._table, name, query) for name in ("id", "probability"))
        return dict(self.env.execute_query(query.select(*columns)))

    def _kor_get_yearly_plan(self):
        yearly = self.kor_arr_company and self.env.ref("crm.crm_recurring_plan_yearly", raise_if_not_found=False)
        return yearly or self.env["crm.recurring.plan"]

    def _kor_get_recurring(self, plan):
        """Return what recurs in the time of a native recurring plan."""
        return self.kor_arr_company * (plan.number_of_months or 12) / 12 if plan else 0

    def _kor_note_followed(self):
        """Note which revenues are the estimate: a form sends them along, as if they had been typed."""
        for lead in self.filtered(lambda one: one.kor_value or one.kor_arr_company):
            value, recurring = lead.kor_value, lead._kor_get_recurring(lead.recurring_plan)
            if value != lead.kor_value_followed and lead._kor_is_same(lead.expected_revenue, value):
                lead.kor_value_followed = value
            if recurring != lead.kor_arr_followed and lead._kor_is_same(lead.recurring_revenue, recurring):
                lead.kor_arr_followed = recurring

    def _kor_follows(self, amount, due, followed):
        """Tell whether an amount is none of a person's, and goes with the estimate."""
        return bool(due or followed) and (not amount or self._kor_is_same(amount, followed))

    def _kor_is_same(self, amount, followed):
        currency = self.company_currency or self.env.company.currency_id
        return currency.compare_amounts(amount, followed) == 0
