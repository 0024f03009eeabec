from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

# Stands in the context of moves that follow an event; no other system can send this very object.
EVENT = object()
# Of so many opportunities at most a refusal speaks in full.
SPOKEN = 10


class KorLeadStageMixin(models.AbstractModel):
    """Judge how an opportunity moves through the stages, and note that it did."""

    _name = "kor.lead.stage.mixin"
    _description = "Way through the Stages"

    kor_visit_ids = fields.One2many("kor.stage.visit", "lead_id", string="Stage History", readonly=True)
    kor_stage_choice_ids = fields.Many2many("crm.stage", compute="_compute_kor_stage_choice_ids")
    # Rendered from a template of this addon, which escapes every value.
    kor_checklist_html = fields.Html(string="Checklist", compute="_compute_kor_checklist_html", sanitize=False)

    @api.depends("team_id")
    def _compute_kor_stage_choice_ids(self):
        shared = self.env["crm.stage"].search([("team_ids", "=", False)])
        for lead in self:
            own = lead.team_id.kor_stage_ids
            lead.kor_stage_choice_ids = own if lead.kor_is_pipeline else own | shared

    @api.depends(
        "stage_id", "team_id", "partner_id", "email_from", "kor_plan_id", "kor_tier_id", "kor_users", "kor_usage_ids",
        "kor_date_start", "expected_revenue", "date_deadline", "kor_handover", "kor_won_reason_id", "order_ids.state",
    )  # fmt: skip
    @api.depends_context("lang")
    def _compute_kor_checklist_html(self):
        for lead in self:
            stages = lead._kor_get_checklist() if lead.kor_is_pipeline and lead.won_status != "lost" else []
            lead.kor_checklist_html = stages and self.env["ir.qweb"]._render(
                "kor_sales_pipeline.lead_checklist", {"stages": stages}
            )

    @api.readonly
    def kor_checklist(self):
        """Return what the stage at hand and each later one ask, and whether it is there.

        :return: a list of stages with their conditions
        """
        self.ensure_one()
        self.check_access("read")
        return self._kor_get_checklist()

    def _kor_get_checklist(self):
        stages = self.team_id._kor_get_stages() if self.kor_is_pipeline else self.env["crm.stage"]
        rank = self.stage_id._kor_rank()
        conditions = stages.kor_condition_ids
        lacking = conditions._get_lacking({self: stages}).get(self, conditions.browse())
        found = [
            {
                "stage": stage.name,
                "key": stage.kor_key or "",
                "is_passed": stage._kor_rank() <= rank,
                "is_ready": not (stage.kor_condition_ids & lacking).filtered("is_blocking"),
                "conditions": [
                    {"name": one.name, "is_met": one not in lacking, "is_blocking": one.is_blocking}
                    for one in stage.kor_condition_ids
                ],
            }
            for stage in stages
        ]
        # Of what lies behind, only what was left undone is of interest.
        for stage in found:
            if stage["is_passed"]:
                stage["conditions"] = [one for one in stage["conditions"] if not one["is_met"]]
        return [stage for stage in found if stage["conditions"]]

    def _kor_filter_agreed(self):
        """Return the leads whose terms are agreed: by an order that was confirmed, or in a negotiation."""
        agreed = self.env["kor.stage.condition"]._filter_with_order(self, ("sale",))
        leads = (self - agreed).sudo()  # an agreement counts, also for those who do not negotiate
        found = leads.filtered(lambda lead: "agreed" in lead.kor_negotiation_ids.mapped("state"))
        return agreed | self.browse(found._ids)

    def _kor_move_to(self, key):
        """Move leads of the pipeline on to a stage, where they stand before it.

        It follows something that has happened, such as a signature: what the stage asks is noted, not demanded.
        A lost lead moves only when it is won after all.

        :return: the leads that moved
        """
        moved = self.browse()
        for team, leads in self.filtered("kor_is_pipeline").grouped("team_id").items():
            stage = team._kor_get_stage(key)
            due = leads.filtered(
                lambda lead, stage=stage: (
                    lead.stage_id._kor_rank() < stage._kor_rank() and (lead.won_status != "lost" or stage.is_won)
                )
            )
            if stage and due:
                due.with_context(kor_stage_event=EVENT).write({"stage_id": stage.id})
                moved |= due
        return moved

    def _kor_get_standing(self):
        """Return by id stage, team and status; of other teams' leads only the team.

        To ask for the rest would have Odoo compute their probability at once, one by one.
        """
        nowhere = self.env["crm.stage"]
        return {
            lead.id: (lead.stage_id, lead.team_id, lead.won_status)
            if lead.kor_is_pipeline
            else (nowhere, lead.team_id, False)
            for lead in self
        }

    def _kor_follow(self, before):
        """Judge and note what a write has moved; `before` is what `_kor_get_standing` said then."""
        now = self._kor_get_standing()
        moved = self.filtered(
            lambda lead: (
                before.get(lead.id) != now[lead.id]
                and (lead.kor_is_pipeline or (lead.id in before and before[lead.id][1].kor_is_pipeline))
            )
        )
        if not moved:
            return
        inside = moved.filtered("kor_is_pipeline")
        won = inside.filtered(lambda lead: lead.won_status == "won" and (before.get(lead.id) or (None,))[-1] != "won")
        inside._kor_check_stage()
        won._kor_fill_handover()
        inside._kor_check_entry(before)
        self.env["kor.stage.visit"].sudo()._note(moved, before)  # facts are noted for people who may only read them
        won._kor_tell_onboarding()

    def _kor_check_stage(self):
        for lead in self:
            if lead.team_id not in lead.stage_id.team_ids:
                raise UserError(
                    self.env._(
                        "“%(lead)s” belongs to the team %(team)s, with its own stages: choose one of %(stages)s.",
                        lead=lead.name,
                        team=lead.team_id.name,
                        stages=", ".join(lead.team_id._kor_get_stages().mapped("name")),
                    )
                )

    def _kor_check_entry(self, before):
        """Refuse the leads that lack what blocks one of the stages they pass; note what else they lack."""
        passed = {}
        for lead in self:
            old_stage, old_team, _status = before.get(lead.id) or (None, None, None)
            start = old_stage._kor_rank() if old_team and old_team.kor_is_pipeline else (float("-inf"), 0)
            end = lead.stage_id._kor_rank()
            stages = lead.team_id.kor_stage_ids.filtered(lambda one, a=start, b=end: a < one._kor_rank() <= b)
            if stages:
                passed[lead] = stages
        conditions = self.env["crm.stage"].union(*passed.values()).kor_condition_ids
        lacking = conditions._get_lacking(passed)
        blocked = {lead: found.filtered("is_blocking") for lead, found in lacking.items()}
        blocked = {lead: found for lead, found in blocked.items() if found}
        if blocked and self.env.context.get("kor_stage_event") is not EVENT:
            raise UserError(self._kor_refuse_entry(blocked))
        self._kor_log_lacking(lacking)

    def _kor_refuse_entry(self, blocked):
        sentences = [
            self.env._(
                "“%(lead)s” cannot enter %(stage)s yet. Still to do: %(lacking)s",
                lead=lead.name,
                stage=lead.stage_id.name,
                lacking=" ".join(found.mapped("name")),
            )
            for lead, found in list(blocked.items())[:SPOKEN]
        ]
        if len(blocked) > SPOKEN:
            sentences.append(self.env._("And %(count)s others.", count=len(blocked) - SPOKEN))
        return "\n".join(sentences)

    def _kor_log_lacking(self, lacking):
        bodies = {
            lead.id: Markup("<p>%s</p><ul>%s</ul>")
            % (
                self.env._("Entered %(stage)s, although this is still to do:", stage=lead.stage_id.name),
                Markup("").join(Markup("<li>%s</li>") % name for name in found.mapped("name")),
            )
            for lead, found in lacking.items()
        }
        if bodies:
            self.browse(bodies)._message_log_batch(bodies=bodies)
