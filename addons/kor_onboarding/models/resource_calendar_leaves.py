from odoo import api, models


class ResourceCalendarLeaves(models.Model):
    """A public holiday moves the plans that it lies in."""

    _inherit = "resource.calendar.leaves"

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        leaves._replan_kor_onboardings()
        return leaves

    def write(self, vals):
        companies = self._get_kor_companies()
        result = super().write(vals)
        self._replan_kor_onboardings(companies)
        return result

    def unlink(self):
        companies = self._get_kor_companies()
        result = super().unlink()
        self.browse()._replan_kor_onboardings(companies)
        return result

    def _get_kor_companies(self):
        """Return the companies whose working days the leaves change: those of one person's change none."""
        public_sudo = self.sudo().filtered(lambda leave: not leave.resource_id)  # whoever has the right to the leave
        companies_sudo = public_sudo.company_id
        if public_sudo.filtered(lambda leave: not leave.company_id):
            companies_sudo = companies_sudo.search([])  # pylint: disable=no-search-all  # it is for all
        return companies_sudo

    def _replan_kor_onboardings(self, companies=None):
        companies_sudo = self._get_kor_companies() | (companies or self.env["res.company"])
        if companies_sudo:
            domain = [("company_id", "in", companies_sudo.ids), ("is_open", "=", True)]
            onboardings_sudo = self.env["kor.onboarding"].sudo()  # a holiday counts in all plans, whoever enters it
            onboardings_sudo.search(domain)._replan_safely()
