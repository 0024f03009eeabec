import json

from odoo import api, fields, models
from odoo.tools import ormcache

CATEGORIES = [
    ("billing", "Billing"),
    ("usage", "Usage"),
    ("contract", "Contract"),
    ("service", "Service"),
    ("onboarding", "Onboarding"),
    ("integration", "Integration"),
]
PREFIX = "com.kor."


class KorEventType(models.Model):
    """Something that happens and that other systems are told of, with a version of what is said."""

    _name = "kor.event.type"
    _description = "Event Type"
    _order = "category, sequence, id"
    _rec_name = "name"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True,
        help="As integrations name it, such as invoice.posted. Receivers read it with prefix and version.",
    )
    version = fields.Integer(
        required=True, default=1, aggregator=None, help="Goes up where what is said changes its shape."
    )
    type_name = fields.Char(string="Type", compute="_compute_type_name", help="As receivers read it.")
    category = fields.Selection(CATEGORIES, required=True, default="integration", index=True)
    description = fields.Text(translate=True, help="When it is sent, as customers read it.")
    example = fields.Json(string="Example Data", help="What is said, in an example.")
    example_text = fields.Text(string="Example", compute="_compute_example_text")
    sequence = fields.Integer(default=10)

    _code_unique = models.UniqueIndex("(code, version)", "There is this version of the event already.")

    @api.depends("code", "version")
    def _compute_type_name(self):
        for one in self:
            one.type_name = f"{PREFIX}{one.code}.v{one.version}"

    @api.depends("example", "code", "version")
    def _compute_example_text(self):
        for one in self:
            one.example_text = json.dumps(one._get_example(), indent=2, ensure_ascii=False)

    @api.depends("name", "code")
    @api.depends_context("show_code")
    def _compute_display_name(self):
        for one in self:
            one.display_name = f"{one.name} ({one.code})" if self.env.context.get("show_code") else one.name

    def _get_example(self):
        """Return the whole message of an example, as it is sent."""
        self.ensure_one()
        example = dict(self.example or {})
        return {
            "specversion": "1.0",
            "id": "0d3f0a9e-7c5b-4f5e-9a51-6a1f4b8c2d10",
            "source": f"{self.get_base_url()}/contracts/C00042",
            "type": self.type_name,
            "time": "2026-03-01T08:15:30Z",
            "subject": example.pop("subject", ""),
            "datacontenttype": "application/json",
            "data": {"contract": "C00042", **example},
        }

    @api.model
    @ormcache("code")
    def _get_id(self, code):
        """Return the id of the newest version of a type."""
        return self.sudo().search([("code", "=", code)], order="version desc", limit=1).id  # the catalogue is public

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        if {"code", "version"} & set(vals):
            self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()
