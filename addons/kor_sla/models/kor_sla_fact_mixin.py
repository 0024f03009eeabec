from datetime import timedelta

from odoo import api, models

DAY = timedelta(days=1)


class KorSlaFactMixin(models.AbstractModel):
    """Let monthly reports be looked at again where a fact behind them is noted, changed or taken back."""

    _name = "kor.sla.fact.mixin"
    _description = "Fact behind SLA Reports"

    @api.model_create_multi
    def create(self, vals_list):
        facts = super().create(vals_list)
        facts._mark_reports()
        return facts

    def write(self, vals):
        is_reported = bool(set(vals) & self._get_reported_fields())
        if is_reported:
            # Also where it was before.
            self._mark_reports()
        result = super().write(vals)
        if is_reported:
            self._mark_reports()
        return result

    def unlink(self):
        self._mark_reports()
        return super().unlink()

    def _mark_reports(self):
        """Note on reports of the facts' days that the next job has to compare them."""
        spans = [span for fact in self if (span := fact._get_reported_span())]
        if not spans:
            return
        # A day wider on both sides: the days of a zone are not those of UTC.
        first, last = min(span[1] for span in spans).date() - DAY, max(span[2] for span in spans).date() + DAY
        contracts = self.env["kor.contract"]
        if all(span[0] for span in spans):
            contracts = contracts.union(*(span[0] for span in spans))
        self._mark_stale(contracts, first, last)

    @api.model
    def _mark_stale(self, contracts, first, last):
        """Note that what rests on facts of these days has to be looked at again; contracts empty for all."""
        self.env["kor.sla.report"]._mark_stale(contracts, first, last)

    @api.model
    def _get_reported_fields(self):
        """Return the fields on which reports rest."""
        raise NotImplementedError

    def _get_reported_span(self):
        """Return the contracts, empty for all, and the first and the last moment that the fact touches, or nothing."""
        raise NotImplementedError
