from collections import defaultdict
from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain

from ..engine.availability import seconds_of
from ..measuring import DAY, Board, split_months
from .kor_sla_service import SEVERITY

SHOWN_DAYS = 90
LEVELS = {"up": "success", "unknown": "secondary", "maintenance": "info", "degraded": "warning", "down": "danger"}


class KorContractStatusMixin(models.AbstractModel):
    """Show customers and staff how the services of a contract are, and were."""

    _name = "kor.contract.status.mixin"
    _description = "Status of a Contract's Services"

    uptime_shown = fields.Char(string="Uptime This Month", compute="_compute_uptime_shown", groups="base.group_user")

    def _compute_uptime_shown(self):
        domain = [("contract_id", "in", self.ids), ("is_running", "=", True), ("is_measured", "=", True)]
        found = {one.contract_id.id: one for one in self.env["kor.sla.budget"].search(domain)}
        for contract in self:
            budget = found.get(contract.id)
            contract.uptime_shown = f"{budget.availability:.4g} %" if budget else "–"

    def action_open_uptime(self):
        """Open the uptime of the contract, month by month.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_sla.kor_sla_budget_action")
        return {**action, "domain": [("contract_id", "=", self.id)], "context": {}}

    def _get_status_values(self):
        """Return what the status page shows of a contract. Extensible; the caller has checked the right to read it."""
        self.ensure_one()
        now, today = fields.Datetime.now(), self._get_today()
        first = today - (SHOWN_DAYS - 1) * DAY
        month = today.replace(day=1)
        board = Board(self, min(first, month), (month + timedelta(days=32)).replace(day=1) - DAY, now)
        agreement = self._get_current_agreement(board, today)
        services = board.get_services(self.sudo(), agreement).filtered("active")  # what it rests on is on the page
        days = self._get_status_days(board, first, today)
        return {
            "contract": self,
            "agreement": agreement,
            "services": self._get_status_services(services, now),
            "planned": self._get_status_outages(services, Domain("date_start", ">", now), "date_start"),
            "running": self._get_status_outages(services, self._get_running(now), "date_start desc"),
            "past": self._get_status_incidents(first, today, now),
            "days": days,
            "month": self.sudo()._prepare_uptime(month, board.last),  # as the board
            "tz": agreement._get_tz() if agreement else self.tz,
            "levels": LEVELS,
            "state_names": self._get_state_names(),
            "describe_seconds": self._describe_seconds,
        }

    def _get_state_names(self):
        return dict(self.env["kor.sla.service"]._fields["state"]._description_selection(self.env))

    def _get_current_agreement(self, board, today):
        spans = board.agreements[self.sudo()]  # as the board
        held = [agreement for agreement, first, last in spans if first <= today <= last]
        return held[0] if held else board.env["kor.sla.agreement"]

    def _get_running(self, now):
        return Domain("date_start", "<=", now) & (Domain("date_end", "=", False) | Domain("date_end", ">", now))

    def _get_status_outages(self, services, domain, order):
        """Return outages of services that touch the contract, without what nobody was told of yet."""
        return services.env["kor.sla.outage"].search(
            Domain.AND(
                [
                    domain,
                    Domain("service_id", "in", services.ids),
                    Domain("contract_ids", "=", False) | Domain("contract_ids", "in", self.ids),
                    Domain("is_excluded", "=", False),
                    Domain("state", "!=", "maintenance")
                    | Domain("date_announced", "!=", False)
                    | Domain("date_start", "<=", fields.Datetime.now()),
                ]
            ),
            order=order,
        )

    def _get_status_services(self, services, now):
        """Return (service, state, since) of each service, as far as the contract is touched."""
        by_service = self._get_status_outages(services, self._get_running(now), "date_start").grouped("service_id")
        result = []
        for service in services:
            running = by_service.get(service, services.env["kor.sla.outage"])
            state = next((one for one in SEVERITY if one in running.mapped("state")), "up")
            since = running.filtered(lambda one, state=state: one.state == state)[:1].date_start
            result.append({"service": service, "state": state, "since": since})
        return result

    def _get_status_incidents(self, first, today, now):
        """Return the outages of the last days that are over, the latest first, with what they cost."""
        incidents = self.sudo()._prepare_uptime(first, today)["incidents"]  # as the board
        text = fields.Datetime.to_string(now)
        over = [one for one in incidents if one["end"] and one["end"] <= text]
        names = self._get_state_names()
        return [
            {
                **one,
                "start": fields.Datetime.to_datetime(one["start"]),
                "end": fields.Datetime.to_datetime(one["end"]),
                "state_name": names[one["state"]],
            }
            for one in reversed(over)
        ]

    def _get_status_days(self, board, first, today):
        """Return for each day how available the services were; months allow maintenance as `track_uptime` counts it."""
        used, result = defaultdict(timedelta), {}
        for agreement, start, end in board.agreements[self.sudo()]:  # as the board
            for month, month_first, month_last in split_months(start, min(end, today)):
                day = month_first
                while day <= month_last:
                    found = self._measure_day(board, agreement, day, used[month])
                    used[month] += found.maintenance
                    result[day] = self._describe_day(day, found, agreement)
                    day += DAY
        days = [first + number * DAY for number in range((today - first).days + 1)]
        return [result.get(day) or self._describe_no_day(day) for day in days]

    def _measure_day(self, board, agreement, day, used):
        local = board.get_days(agreement)
        start, end = (one.replace(tzinfo=None) for one in (local.midnight(day), local.midnight(day + DAY)))
        return board.measure_span(self.sudo(), agreement, start, end, used)[2]  # as the board

    def _describe_day(self, day, found, agreement):
        if found.availability is None:
            return self._describe_no_day(day)
        percent = float(found.availability)
        if found.down:
            level = "danger" if percent < agreement.uptime_target else "warning"
        else:
            level = "info" if found.maintenance else "success"
        text = self.env._("%(percent)s %% available", percent=f"{percent:.3f}".rstrip("0").rstrip("."))
        if found.down:
            text += self.env._(", %(time)s down", time=self._describe_seconds(found.down))
        if found.maintenance:
            text += self.env._(", %(time)s of maintenance", time=self._describe_seconds(seconds_of(found.maintenance)))
        return {"day": day, "level": level, "text": text}

    def _describe_no_day(self, day):
        return {"day": day, "level": "none", "text": self.env._("not measured")}

    def _describe_seconds(self, seconds):
        """Return a time as people read it."""
        seconds = round(seconds)
        if abs(seconds) < 120:
            return self.env._("%(seconds)s s", seconds=seconds)
        if abs(seconds) < 7200:
            return self.env._("%(minutes)s min", minutes=round(seconds / 60))
        return self.env._("%(hours)s h %(minutes)s min", hours=seconds // 3600, minutes=seconds % 3600 // 60)
