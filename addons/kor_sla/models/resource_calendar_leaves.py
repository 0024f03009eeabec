from odoo import api, models


class ResourceCalendarLeaves(models.Model):
    _inherit = "resource.calendar.leaves"

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        leaves._recompute_kor_clocks()
        return leaves

    def write(self, vals):
        before = self._get_kor_calendars()
        result = super().write(vals)
        self._recompute_kor_clocks(before)
        return result

    def unlink(self):
        before = self._get_kor_calendars()
        result = super().unlink()
        self.browse()._recompute_kor_clocks(before)
        return result

    def _get_kor_calendars(self):
        """Return the calendars whose holidays these are; one without a calendar is its company's in all of them."""
        # Somebody's own time off closes no support.
        public = self.filtered(lambda leave: not leave.resource_id)
        calendars = public.calendar_id
        if companies := public.filtered(lambda leave: not leave.calendar_id).company_id:
            calendars |= self.env["kor.sla.clock"]._get_open_calendars(companies)
        return calendars

    def _recompute_kor_clocks(self, before=None):
        calendars = self._get_kor_calendars()
        self.env["kor.sla.clock"]._recompute_calendars(calendars | before if before else calendars)
