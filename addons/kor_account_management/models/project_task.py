from odoo import api, fields, models


class ProjectTask(models.Model):
    _inherit = "project.task"

    kor_date_rating_asked = fields.Datetime(string="Rating Asked on", readonly=True, copy=False)

    @api.model_create_multi
    def create(self, vals_list):
        tasks = super().create(vals_list)
        tasks._kor_ask_rating()
        return tasks

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            self._kor_ask_rating()
        return result

    def _kor_ask_rating(self):
        """Ask whoever reported a support ticket how content they are, once, when it is resolved."""
        template = self.env.ref("kor_account_management.mail_template_ticket_rating", raise_if_not_found=False)
        tasks_sudo = self.sudo()  # whoever resolves a ticket, from a portal or a job too
        resolved_sudo = tasks_sudo.filtered(
            lambda task: (
                task.kor_contract_id
                and task.state == "1_done"
                and not task.kor_date_rating_asked
                and not task.is_template
                and task._rating_get_partner().email
            )
        )
        if not template or not resolved_sudo:
            return
        resolved_sudo.kor_date_rating_asked = fields.Datetime.now()
        for task in resolved_sudo:
            # The stage of a project that asks by itself has done so.
            if not (task.stage_id.rating_active and task.stage_id.rating_template_id):
                task.rating_send_request(template, lang=task._rating_get_partner().lang)
