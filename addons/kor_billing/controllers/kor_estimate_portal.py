from odoo.addons.kor_usage.controllers.kor_usage_portal import KorUsagePortal


class KorEstimatePortal(KorUsagePortal):
    def _get_kor_usage_values(self, contract_sudo, day):
        """Add what the next invoice would be to the page of the running month."""
        values = super()._get_kor_usage_values(contract_sudo, day)
        values["estimate"] = contract_sudo._get_estimate_values() if values["is_running"] else None
        return values
