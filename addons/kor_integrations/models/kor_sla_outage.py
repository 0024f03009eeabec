from datetime import timedelta

from odoo import api, fields, models

from ..tools.moments import write_moment

# What began longer ago is history that somebody writes down: systems are told of what happens.
NEWS = timedelta(days=1)


class KorSlaOutage(models.Model):
    _inherit = "kor.sla.outage"

    @api.model_create_multi
    def create(self, vals_list):
        outages = super().create(vals_list)
        news = outages._filter_news()
        news._emit("outage.started")
        news.filtered("date_end")._emit("outage.ended")
        return outages

    def write(self, vals):
        ending = self.filtered(lambda outage: not outage.date_end) if vals.get("date_end") else None
        result = super().write(vals)
        if ending:
            ending._filter_news()._emit("outage.ended")
        return result

    def _filter_news(self):
        now = fields.Datetime.now()
        return self.filtered(
            lambda outage: (
                outage.state in ("down", "degraded")
                and not outage.is_excluded
                and outage.date_start <= now
                and (outage.date_end or now) >= now - NEWS
            )
        )

    def _emit(self, code):
        events = self.env["kor.event"]
        if not self or not events._is_heard(code):
            return
        contracts_sudo = self.env["kor.contract"].sudo()  # an agent's outage touches customers of all colleagues
        listening = contracts_sudo.browse(events._find_listeners(code))
        facts = {}
        for contract in listening.filtered(lambda one: one.state in ("active", "paused")):
            if touching := self.filtered(lambda outage, contract=contract: outage._touches(contract)):
                facts[contract] = [(outage, type(outage)._get_event_data) for outage in touching]
        events._emit(code, facts)

    def _get_event_data(self):
        """Return what the customer's systems are told of an outage."""
        self.ensure_one()
        return {
            "name": self.name,
            "service": self.service_id.name,
            "state": self.state,
            "date_start": write_moment(self.date_start),
            "date_end": write_moment(self.date_end),
        }
