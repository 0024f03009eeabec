from odoo import fields, models


class MaintenanceEquipment(models.Model):
    _inherit = "maintenance.equipment"

    kor_resource_ids = fields.Many2many(
        "kor.infrastructure.resource",
        "kor_infrastructure_resource_equipment_rel",
        "equipment_id",
        "resource_id",
        string="Infrastructure",
        copy=False,
        help="The resources of customers that rest on this machine.",
    )
