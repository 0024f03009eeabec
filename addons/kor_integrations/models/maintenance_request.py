from odoo import api, fields, models

WINDOW_FIELDS = {"kor_is_window", "schedule_date", "schedule_end", "equipment_id", "archive", "stage_id", "name"}


class MaintenanceRequest(models.Model):
    """Let work on a customer's machines be planned maintenance of their service."""

    _inherit = "maintenance.request"

    kor_is_window = fields.Boolean(
        string="Maintenance Window",
        copy=False,
        help="The customers' service is away while it is worked on: planned maintenance of their service, to be "
        "announced under Support › Outages.",
    )
    kor_outage_ids = fields.Many2many(
        "kor.sla.outage", "kor_maintenance_request_outage_rel", copy=False, readonly=True, string="Windows"
    )

    @api.model_create_multi
    def create(self, vals_list):
        requests = super().create(vals_list)
        requests.filtered("kor_is_window")._sync_windows()
        return requests

    def write(self, vals):
        result = super().write(vals)
        if WINDOW_FIELDS & set(vals):
            known_sudo = self.sudo()  # technicians need no rights on service levels
            known_sudo.filtered(lambda one: one.kor_is_window or one.kor_outage_ids)._sync_windows()
        return result

    def _sync_windows(self):
        """Let the service of each infrastructure concerned have a window at the time planned, until it begins."""
        now = fields.Datetime.now()
        for request in self.sudo():  # technicians plan work; they need no rights on service levels
            wanted = request._get_window_infrastructures().grouped("service_id")
            windows = {one.service_id: one for one in request.kor_outage_ids}
            for service, outage in windows.items():
                if service not in wanted and outage.date_start > now and not outage.is_excluded:
                    outage.action_exclude(request.env._("It was called off."))
            for service, infrastructures in wanted.items():
                request._sync_window(infrastructures[0], windows.get(service), now)

    def _get_window_infrastructures(self):
        """Return the infrastructures whose service is away, none where the work is not planned any more."""
        resources = self.equipment_id.kor_resource_ids
        if not (self.kor_is_window and self.schedule_date and self.schedule_end) or self.archive:
            return resources.infrastructure_id.browse()
        infrastructures = resources.infrastructure_id.filtered(lambda one: one.state != "retired")
        infrastructures._ensure_watched()
        return infrastructures.filtered("service_id")

    def _sync_window(self, infrastructure, outage, now):
        times = {"date_start": self.schedule_date, "date_end": self.schedule_end}
        if outage and outage.date_start > now:
            outage.write(times)
            if outage.is_excluded and not infrastructure.sla_excluded:
                # It had been called off.
                outage.action_include()
        elif not outage and self.schedule_end > now:
            outage = self.env["kor.sla.outage"].create(
                {
                    **times,
                    "name": infrastructure.service_id._describe_outage("maintenance"),
                    "service_id": infrastructure.service_id.id,
                    "state": "maintenance",
                    "key": f"maintenance-request-{self.id}",
                    "note": self.name,
                }
            )
            self.kor_outage_ids |= outage
            infrastructure._settle_outages(outage)
