from dataclasses import replace
from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.kor_enterprise_tiers.engine.money import as_number, to_decimal
from odoo.addons.kor_enterprise_tiers.tools import parse_day

from ..engine import funnel


class KorTeamFunnelMixin(models.AbstractModel):
    """Measure a team's pipeline: conversion, time in stage, win rate, velocity, forecast.

    Who asks is told of the opportunities that they may read. Periods are days of the user's time zone, both
    included; amounts are expected revenues in the currency of the user's company.
    """

    _name = "kor.team.funnel.mixin"
    _description = "Figures of a Pipeline"

    @api.readonly
    def kor_funnel(self, date_from, date_to):
        """Return how deals went through the stages.

        The conversion from one stage to a later one is that of the deals which reached the first within the period;
        a skipped stage counts as passed, and a deal that comes back counts once.

        :return: stages with their times, the conversion of each pair of stages, and cohorts by month of entry
        """
        return self._kor_open_book(date_from, date_to)._get_funnel()

    @api.readonly
    def kor_velocity(self, date_from, date_to):
        """Return win rate, cycle and velocity of the period.

        Velocity, in money a day, is the deals open at its end × mean value won × win rate / days from entry to win.
        """
        return self._kor_open_book(date_from, date_to)._get_velocity()

    @api.readonly
    def kor_forecast(self, date_from, date_to):
        """Return open deals by the month of their expected closing, as they stand now, weighted by probability.

        Deals whose day was before the period are named “overdue”, those without one “undated”; later ones are left out.
        """
        book = self._kor_open_book(date_from, date_to)
        return book._get_forecast(book.first, book.last)

    def _kor_open_book(self, date_from, date_to):
        """Return what the figures are counted from, after checking rights and period."""
        team = self or self.env["crm.team"].search([("kor_is_pipeline", "=", True)], limit=1)
        if len(team) != 1 or not team.kor_is_pipeline:
            raise UserError(self.env._("Ask for the figures of one sales team that has the stages of the pipeline."))
        team.check_access("read")
        self.env["crm.lead"].check_access("read")
        first, last = parse_day(date_from), parse_day(date_to)
        if not first or not last or last < first:
            raise UserError(
                self.env._(
                    "Give a period as two days, such as 2026-01-01 and 2026-03-31, not “%(first)s” and “%(last)s”.",
                    first=date_from,
                    last=date_to,
                )
            )
        return _Book(team, first, last)

    def _kor_get_deals(self, zone):
        """Return the leads that this user may read, with their visits, as the engine takes them."""
        stages = self._kor_get_stages()
        by_lead = {}
        inside = [("team_id", "=", self.id), ("stage_id", "in", stages.ids)]
        names = ["lead_id", "stage_id", "date_entered", "date_left", "entry", "exit"]
        for lead_id, *visit in self._kor_read_rows("kor.stage.visit", inside, names, "date_entered, id"):
            by_lead.setdefault(lead_id, []).append(visit)
        names = ["id", "expected_revenue", "probability", "date_deadline", "company_id"]
        Company, rates = self.env["res.company"], _Rates(self.env)
        won_ids = set(stages.filtered("is_won").ids)
        return [
            _make_deal(
                lead_id,
                by_lead[lead_id],
                zone,
                won_ids,
                value=rates(Company.browse(company_id or ()), value),
                probability=to_decimal(probability or 0),
                closing=closing,
            )
            for lead_id, value, probability, closing, company_id in self._kor_read_rows(
                "crm.lead", [("id", "in", list(by_lead))], names, "id"
            )
        ]

    def _kor_read_rows(self, model, domain, names, order):
        """Return the columns of all records that this user may read: of many, records would take seconds."""
        records = self.env[model].with_context(active_test=False)
        query = records._search(domain, order=order)
        columns = [records._field_to_sql(records._table, name, query) for name in names]
        return self.env.execute_query(query.select(*columns))


class _Rates:
    """Turn amounts of leads into the currency of the user's company, each currency looked up once."""

    def __init__(self, env):
        self.company, self.today, self.rates = env.company, fields.Date.context_today(env.user), {}

    def __call__(self, company, amount):
        source, target = (company or self.company).currency_id, self.company.currency_id
        if source not in self.rates:
            self.rates[source] = to_decimal(source._get_conversion_rate(source, target, self.company, self.today))
        return to_decimal(amount or 0) * self.rates[source]


class _Book:
    """Count the figures of one team and period."""

    def __init__(self, team, first, last):
        self.team, self.env, self.first, self.last = team, team.env, first, last
        zone = self.zone = pytz.timezone(self.env.user.tz or "UTC")
        self.start, self.end = datetime.combine(first, time()), datetime.combine(last + timedelta(days=1), time())
        self.now = _localize(fields.Datetime.now(), zone)
        self.stages = team._kor_get_stages()
        self.order = self.stages.ids
        self.deals = team._kor_get_deals(zone)
        self.keys = {stage.id: stage.kor_key or str(stage.id) for stage in self.stages}

    def _to_utc(self, moment):
        """Return a moment of the user's time as the database writes it."""
        return fields.Datetime.to_string(self.zone.localize(moment).astimezone(pytz.utc).replace(tzinfo=None))

    def _get_funnel(self):
        return {
            "team": self.team.name,
            "date_from": str(self.first),
            "date_to": str(self.last),
            "stages": self._get_stages(),
            "conversions": self._get_conversions(),
            "cohorts": self._get_cohorts(),
        }

    def _get_stages(self):
        times = funnel.time_in_stages(self.deals, self.order, self.now)
        starts = {one.key: funnel.reached(one, self.order) for one in self.deals}
        found = []
        for stage in self.stages:
            spent = times[stage.id]
            moments = [firsts[stage.id] for firsts in starts.values() if stage.id in firsts]
            found.append(
                {
                    "id": stage.id,
                    "key": self.keys[stage.id],
                    "name": stage.name,
                    "reached": sum(self.start <= moment < self.end for moment in moments),
                    "standing": spent.standing,
                    "days_mean": _rounded(spent.mean),
                    "days_median": _rounded(spent.median),
                    "days_standing": _rounded(spent.standing_mean),
                    "left": spent.left,
                }
            )
        return found

    def _get_conversions(self):
        return [
            {
                "from": self.keys[one.source],
                "to": self.keys[one.target],
                "reached": one.reached,
                "converted": one.converted,
                "lost": one.lost,
                "open": one.open,
                "rate": _rounded(one.rate),
            }
            for one in funnel.conversions(self.deals, self.order, self.start, self.end)
        ]

    def _get_cohorts(self):
        first = self.order[0]
        inside = [
            deal
            for deal in self.deals
            if (moment := funnel.reached(deal, self.order).get(first)) and self.start <= moment < self.end
        ]
        return [
            {
                "month": month,
                "stages": [
                    {
                        "key": self.keys[stage],
                        "reached": count,
                        "rate": _rounded(funnel.percentage(count, counts[first])),
                    }
                    for stage, count in counts.items()
                ],
            }
            for month, counts in funnel.cohorts(inside, self.order, first).items()
        ]

    def _get_velocity(self):
        closed = funnel.outcome(self.deals, self.start, self.end)
        standing = self._count_standing()
        return {
            "won": closed.won,
            "lost": closed.lost,
            "win_rate": _rounded(closed.rate),
            "won_value": _rounded(closed.won_value),
            "lost_value": _rounded(closed.lost_value),
            "mean_value": _rounded(closed.mean_value),
            "cycle_days": _rounded(closed.cycle),
            "open": standing,
            "velocity": _rounded(funnel.velocity(standing, closed.mean_value, closed.rate, closed.cycle)),
            "currency": self.env.company.currency_id.name,
        }

    def _count_standing(self):
        """Count the deals that were open at the end of the period, or are where it has not ended."""
        end = min(self.end, self.now + timedelta(seconds=1))
        return sum(
            any(visit.entered < end for visit in deal.visits)
            and (deal.won is None or deal.won >= end)
            and (deal.lost is None or deal.lost >= end)
            for deal in self.deals
        )

    def _get_forecast(self, first=None, last=None):
        """Return open deals by month: late ones that were expected before the first day, none after the last."""
        due = [one for one in self.deals if one.is_open and not (one.closing and last and one.closing > last)]
        late = [one for one in due if one.closing and first and one.closing < first]
        # Together, whatever their months.
        overdue = funnel.forecast(replace(one, closing=None) for one in late)
        found = [("overdue", one) for one in overdue]
        found += [(one.month or "undated", one) for one in funnel.forecast(one for one in due if one not in late)]
        return {
            "currency": self.env.company.currency_id.name,
            "months": [
                {"month": month, "deals": one.deals, "value": _rounded(one.value), "weighted": _rounded(one.weighted)}
                for month, one in found
            ],
        }


def _make_deal(lead_id, visits, zone, won_ids, **terms):
    """Make a deal of rows of stage, entered, left, entry and exit, in their order."""
    stage_id, _entered, left, _entry, way_out = visits[-1]
    won = [entered for _stage, entered, _left, entry, _exit in visits if entry == "won"]
    return funnel.Deal(
        lead_id,
        tuple(
            funnel.Visit(stage, _localize(entered, zone), _localize(left, zone) if left else None)
            for stage, entered, left, _entry, _exit in visits
        ),
        won=_localize(won[-1], zone) if won and stage_id in won_ids and not left else None,
        lost=_localize(left, zone) if way_out == "lost" else None,
        **terms,
    )


def _localize(moment, zone):
    return zone.fromutc(moment).replace(tzinfo=None)


def _rounded(value):
    return as_number(round(value, 2))
