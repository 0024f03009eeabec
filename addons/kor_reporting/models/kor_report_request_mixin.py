from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from odoo.addons.kor_enterprise_tiers.engine.money import as_number

from ..engine.mrr import months

DAY = timedelta(days=1)
COMPONENT = "component"
GROUPS = ("tier", "plan", "customer", "contract", COMPONENT, "account_manager", "country", "month")
OPTIONS = ("company", "currency", "group_by", "limit")
# Nobody reads a table of more months, and none of it is worth the time.
MAX_MONTHS = 600
# Before the last day that there is: months after a period are looked at as well.
MAX_YEAR = 9000


@dataclass(frozen=True)
class Request:
    """What a report is asked for; `manager` is set where only the contracts of one account manager may be seen."""

    first: date
    last: date
    company: Any
    currency: Any
    group_by: str
    limit: int
    manager: Any = None

    @cached_property
    def end(self):
        """Return the first day after the period."""
        return self.last + DAY

    @property
    def is_monthly(self):
        return self.group_by == "month"


class KorReportRequestMixin(models.AbstractModel):
    """Read what a report is asked for, check who asks, and name what it shows."""

    _name = "kor.report.request.mixin"
    _description = "Request of a Report"

    @api.model
    def _parse_request(self, date_from, date_to, options, group_by="month"):
        """Return the Request, or raise a sentence that says what is wrong with it."""
        manager = self._check_reader()
        contract_model = self.env["kor.contract"]
        first, last = contract_model._parse_date(date_from, "date_from"), contract_model._parse_date(date_to, "date_to")
        self._check_period(first, last)
        options = self._check_options(options)
        company = self._parse_company(options.get("company"))
        return Request(
            first=first,
            last=last,
            company=company,
            currency=self._parse_currency(options.get("currency"), company),
            group_by=self._parse_group(options.get("group_by"), group_by),
            limit=self._parse_limit(options.get("limit")),
            manager=manager,
        )

    @api.model
    def _check_reader(self):
        """Return the user whose own contracts alone may be seen, None for those who see all; refuse all others."""
        user = self.env.user
        if self.env.su or user.has_group("kor_reporting.group_kor_reporting_user"):
            return None
        if user._is_internal() and user.has_group("kor_account_management.group_kor_account_user"):
            return user
        raise AccessError(
            self.env._(
                "Reports are for members of KOR Enterprise › Reporting, and for account managers. Ask for that access."
            )
        )

    @api.model
    def _check_period(self, first, last):
        if first > last:
            raise UserError(
                self.env._("date_from must not be after date_to; %(first)s is after %(last)s.", first=first, last=last)
            )
        if last.year >= MAX_YEAR:
            raise UserError(
                self.env._("%(day)s is too far away: choose days before the year %(year)s.", day=last, year=MAX_YEAR)
            )
        if (last.year - first.year) * 12 + last.month - first.month >= MAX_MONTHS:
            raise UserError(
                self.env._("A period has at most %(months)s months: choose a shorter one.", months=MAX_MONTHS)
            )

    @api.model
    def _check_options(self, options):
        if not isinstance(options or {}, dict):
            raise UserError(self.env._('Give options by their names, for example {"group_by": "tier"}.'))
        unknown = sorted(str(name) for name in (options or {}) if name not in OPTIONS)
        if unknown:
            raise UserError(
                self.env._(
                    "There is no option %(unknown)s: choose from %(known)s.",
                    unknown=", ".join(unknown),
                    known=", ".join(OPTIONS),
                )
            )
        return options or {}

    @api.model
    def _parse_company(self, value):
        if value is None or value is False:
            return self.env.company
        if isinstance(value, bool) or not isinstance(value, int):
            raise UserError(self.env._("company must be the number of a company, not “%(value)s”.", value=value))
        if value not in self.env.companies.ids:
            raise AccessError(
                self.env._("Company %(number)s is not one of those you work in at present.", number=value)
            )
        return self.env["res.company"].browse(value)

    @api.model
    def _parse_currency(self, value, company):
        if value is None or value is False or value == "":
            return company.currency_id
        found = isinstance(value, str) and self.env["res.currency"].search([("name", "=", value.upper())], limit=1)
        if not found:
            raise UserError(
                self.env._("currency must be the code of a currency in use, such as EUR, not “%(value)s”.", value=value)
            )
        return found

    @api.model
    def _parse_group(self, value, default):
        if value is None or value is False or value == "":
            return default
        if not isinstance(value, str) or value not in GROUPS:
            raise UserError(
                self.env._("group_by must be one of %(known)s, not “%(value)s”.", known=", ".join(GROUPS), value=value)
            )
        return value

    @api.model
    def _refuse_component(self, request):
        """Refuse components where nothing is booked or agreed by them."""
        if request.group_by == COMPONENT:
            raise UserError(
                self.env._("Only profitability is told by component: choose another group_by, such as tier.")
            )

    @api.model
    def _parse_limit(self, value):
        if value is None or value is False:
            return 0
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise UserError(
                self.env._("limit must be a number of rows, 0 for all of them, not “%(value)s”.", value=value)
            )
        return value

    @api.model
    def _describe_request(self, request, measures):
        """Return what every report says of itself."""
        known = self._get_measures()
        return {
            "period": {"date_from": str(request.first), "date_to": str(request.last)},
            "company": {"id": request.company.id, "name": request.company.name},
            "currency": request.currency.name,
            "group_by": request.group_by,
            "measures": {key: known[key] for key in measures},
        }

    @api.model
    def _describe_rows(self, request, deals, rows, main):
        """Return rows with their names, the months in order, all else by the main figure, as many as are wanted.

        :param rows: {key: {measure: plain value}}
        """
        if request.is_monthly:
            found = [
                {"id": 0, "key": f"{month:%Y-%m}", "name": f"{month:%Y-%m}", **rows[month]} for month in sorted(rows)
            ]
        else:
            names = self._name_keys(request.group_by, rows, deals)
            found = [
                {"id": key or 0, "key": f"{request.group_by}:{key or 0}", "name": names.get(key) or "", **row}
                for key, row in rows.items()
            ]
            found.sort(key=lambda row: (-row.get(main, 0), row["name"], row["id"]))
        shown = found[: request.limit] if request.limit else found
        return {"rows": shown, "left_out": len(found) - len(shown)}

    @api.model
    def _name_keys(self, group_by, keys, deals):
        """Return {key: its name}, in one query."""
        without = {
            "tier": self.env._("Without a tier"),
            "plan": self.env._("Without a plan"),
            "account_manager": self.env._("Nobody"),
            "country": self.env._("No country"),
            COMPONENT: self.env._("Not on a component"),
        }
        if group_by == "contract":
            return {key: deals[key].name for key in keys}
        if group_by == "customer":
            # There may be thousands, whose names are the same in all languages.
            query = SQL("SELECT id, complete_name FROM res_partner WHERE id = ANY(%s)", [key for key in keys if key])
            return dict(self.env.execute_query(query))
        model, field = {
            "tier": ("kor.tier", "name"),
            "plan": ("kor.plan", "name"),
            "account_manager": ("res.users", "name"),
            "country": ("res.country", "name"),
            COMPONENT: ("product.product", "display_name"),
        }[group_by]
        records = self.env[model].sudo().with_context(active_test=False)  # names of what the reader may see the sums of
        found = records.search_fetch([("id", "in", [key for key in keys if key])], [field])
        return {None: without.get(group_by, ""), **{one.id: one[field] for one in found}}

    @api.model
    def _get_measures(self):
        """Return {measure: {"label", "formula"}} of all reports. Extensible."""
        return {}

    @api.model
    def _get_months(self, request):
        """Return the first days of the months that the period touches."""
        return [*months(request.first, request.end)]

    @api.model
    def _get_key(self, request, deals):
        """Return the function that says under which key a contract stands."""
        if request.group_by == "contract":
            return lambda contract: contract
        return {contract: getattr(deal, request.group_by, None) for contract, deal in deals.items()}.__getitem__


def put_figure(row, key, figure, reason):
    """Put a figure into a row, or the reason why there is none."""
    if figure is None:
        row.setdefault("reasons", {})[key] = reason
    else:
        row[key] = as_number(figure)


def put_percent(row, key, ratio):
    """Put a ratio in percent into a row, or the reason why there is none."""
    put_figure(row, key, ratio.percent, ratio.reason)


def put_measure(row, key, measure):
    """Put a measure of `engine.lifetime` into a row, with the sum written out, or the reason why there is none."""
    row.setdefault("shown", {})[key] = measure.shown
    put_figure(row, key, measure.rounded(), measure.reason)
