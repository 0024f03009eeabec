from odoo import fields, models


class ProjectTask(models.Model):
    _inherit = "project.task"

    kor_contract_id = fields.Many2one(
        "kor.contract", string="Contract", index="btree_not_null", ondelete="restrict", copy=False
    )
    sla_event_ids = fields.One2many("kor.sla.event", "task_id", string="SLA Events")
    sla_clock_ids = fields.One2many("kor.sla.clock", "task_id", string="SLA Clocks")
