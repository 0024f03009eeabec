from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import SQL

from .kor_ticket_event_mixin import TICKET_STATES


class ProjectProject(models.Model):
    _inherit = "project.project"

    kor_support_partner_id = fields.Many2one(
        "res.partner",
        string="Supports",
        index="btree_not_null",
        copy=False,
        help="The customer whose support tickets are the tasks of this project.",
    )
    kor_is_triage = fields.Boolean(
        string="Triage", copy=False, help="Mail to support whose sender is no customer waits here for a contract."
    )

    _kor_support_unique = models.UniqueIndex(
        "(company_id, kor_support_partner_id) WHERE kor_support_partner_id IS NOT NULL",
        "The customer already has a support project in this company.",
    )
    _kor_triage_unique = models.UniqueIndex(
        "(company_id) WHERE kor_is_triage IS TRUE", "The company already has a project for triage."
    )

    @api.model
    def _get_support_project(self, customer, company):
        """Return the support project of a customer, which is made when the first ticket needs it."""
        name = self.env._("Support: %(customer)s", customer=customer.name)
        values = {"name": name, "kor_support_partner_id": customer.id, "privacy_visibility": "portal"}
        return self._get_ticket_project(("kor_support_partner_id", "=", customer.id), company, values)

    @api.model
    def _get_triage_project(self, company):
        """Return where mail of unknown senders waits; no portal user ever reads it."""
        values = {
            "name": self.env._("Support: unknown senders"),
            "kor_is_triage": True,
            "privacy_visibility": "employees",
        }
        return self._get_ticket_project(("kor_is_triage", "=", True), company, values)

    @api.model
    def _get_ticket_project(self, condition, company, values):
        projects_sudo = self.sudo().with_context(active_test=False)  # customers and agents open tickets, not projects
        domain = [condition, ("company_id", "=", company.id)]
        project = projects_sudo.search(domain, limit=1)
        if not project:
            # Two first tickets at once make one project.
            lock = f"kor_sla:support_project:{company.id}:{values.get('kor_support_partner_id', 0)}"
            self.env.cr.execute(SQL("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", lock))
            project = projects_sudo.search(domain, limit=1) or projects_sudo.with_company(company).create(
                {
                    "company_id": company.id,
                    "user_id": False,
                    "type_ids": [Command.set(self._get_ticket_stages().ids)],
                    **values,
                }
            )
        if not project.active:
            project.active = True
        return project

    @api.model
    def _get_ticket_stages(self):
        stages = [
            self.env.ref(f"kor_sla.ticket_stage_{name}", raise_if_not_found=False) for name, _label in TICKET_STATES
        ]
        return self.env["project.task.type"].union(*[stage for stage in stages if stage])
