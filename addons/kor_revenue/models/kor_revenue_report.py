from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .kor_contract_balance_mixin import READER
from .kor_revenue_remaining import BANDS
from .kor_revenue_roll_forward import FIGURES


class KorRevenueReport(models.AbstractModel):
    """Answer what auditors ask of contracts: balances, roll-forward, remaining obligations, and the bridge to cash."""

    _name = "kor.revenue.report"
    _description = "Revenue Reports"

    @api.model
    def contract_balances(self, company_id=False):
        """Return where each contract stands now.

        :param company_id: the company; else the current one
        :return: {"company", "currency", "rows": one dict per contract and part with "balances" in company currency and
            "amounts" in the contract's, "totals"}
        """
        company = self._check_reader(company_id)
        names = ("billed", "recognized", "liability", "asset")
        rows = self.env["kor.revenue.balance"].search([("company_id", "=", company.id)])
        return {**self._describe_company(company), **self._describe_rows(rows, names, company)}

    @api.model
    def roll_forward(self, date_from, date_to, company_id=False):
        """Return what made of opening contract balances the closing ones, to the cent.

        Closing liability = opening + billed − recognised − exchange + reclassified; closing asset = opening +
        reclassified.

        :param date_from: the first day, as YYYY-MM-DD
        :param date_to: the last day, as YYYY-MM-DD
        :param company_id: the company; else the current one
        :return: {"date_from", "date_to", "company", "currency", "rows": one dict per contract and part with "balances"
            in company currency and "amounts" in the contract's, "totals" in company currency, "ledger": what the
            accounts hold at the end, and how it differs}
        """
        company = self._check_reader(company_id)
        first, last = self._parse_period(date_from, date_to)
        model = self.env["kor.revenue.roll.forward"].with_context(date_from=str(first), date_to=str(last))
        # Rows of another period have the same numbers.
        model.invalidate_model(flush=False)
        found = self._describe_rows(model.search([("company_id", "=", company.id)]), FIGURES, company)
        ledger = self.env["kor.revenue.control"]._get_ledger_totals(company, last)
        totals = found["totals"]
        net = totals["closing_liability"] - totals["closing_asset"]
        return {
            "date_from": str(first),
            "date_to": str(last),
            **self._describe_company(company),
            **found,
            "ledger": {**ledger, "difference": company.currency_id.round(ledger["net"] - net)},
        }

    @api.model
    def remaining_obligations(self, date, company_id=False, by="band"):
        """Return what is promised, priced and not earned yet, by the time in which it will be.

        Fixed fees as far as contracts are enforceable; no use. In company currency at the rate of the day.

        :param date: the day, as YYYY-MM-DD: what is earned after it remains
        :param company_id: the company; else the current one
        :param by: band (12 months, 13 to 24, later) or quarter
        :return: {"date", "company", "currency", "periods": [{"key", "name", "balance"}], "total", "rows": one dict
            per schedule with "amount" in its currency, "balance", and "periods": {key: balance}}
        """
        company = self._check_reader(company_id)
        day = self._parse_day(date, "date")
        if by not in ("band", "quarter"):
            raise UserError(self.env._("by must be band or quarter, not “%(value)s”.", value=by))
        model = self.env["kor.revenue.remaining"].with_context(as_of=str(day))
        group = "band" if by == "band" else "month:quarter"
        found = model._read_group(
            [("company_id", "=", company.id)],
            ["contract_id", "schedule_id", group],
            ["amount:sum", "balance:sum"],
        )
        return {
            "date": str(day),
            **self._describe_company(company),
            **self._describe_remaining(found, by, company),
        }

    @api.model
    def bridge(self, date_from, date_to, company_id=False):
        """Return the steps from recurring fees to cash in a period, each with what explains the difference.

        :param date_from: the first day, as YYYY-MM-DD
        :param date_to: the last day, as YYYY-MM-DD
        :param company_id: the company; else the current one
        :return: {"date_from", "date_to", "company", "currency", "steps": [{"key", "name", "amount", "differences":
            [{"key", "name", "amount", "explanation"}]}]}, where each step is the one before it plus its differences
        """
        company = self._check_reader(company_id)
        first, last = self._parse_period(date_from, date_to)
        steps = self.env["kor.revenue.bridge"]._get_steps(company, first, last)
        return {"date_from": str(first), "date_to": str(last), **self._describe_company(company), "steps": steps}

    @api.model
    def _check_reader(self, company_id=False):
        """Return the company that is asked for, or raise where the user may not read its revenue."""
        if not self.env.su and not self.env.user.has_group(READER):
            raise AccessError(
                self.env._("Only members of KOR Enterprise › Revenue can read revenue. Ask for that access.")
            )
        if not company_id:
            return self.env.company
        if isinstance(company_id, bool) or not isinstance(company_id, int):
            raise UserError(
                self.env._("company_id must be the number of a company, not “%(value)s”.", value=company_id)
            )
        if company_id not in self.env.companies.ids:
            raise AccessError(
                self.env._("Company %(number)s is not one of those you work in at present.", number=company_id)
            )
        return self.env["res.company"].browse(company_id)

    @api.model
    def _parse_day(self, value, label):
        return self.env["kor.contract"]._parse_date(value, label)

    @api.model
    def _parse_period(self, date_from, date_to):
        first, last = self._parse_day(date_from, "date_from"), self._parse_day(date_to, "date_to")
        if first > last:
            raise UserError(
                self.env._("date_from must not be after date_to; %(first)s is after %(last)s.", first=first, last=last)
            )
        return first, last

    @api.model
    def _describe_company(self, company):
        return {"company": company.name, "company_id": company.id, "currency": company.currency_id.name}

    @api.model
    def _describe_rows(self, rows, names, company):
        """Return rows of a report as plain values, and their sums in company currency."""
        result = [
            {
                "contract_id": row.contract_id.id,
                "contract": row.contract_id.name,
                "partner_id": row.partner_id.id,
                "partner": row.partner_id.display_name,
                "part": row.position_group,
                "currency": row.currency_id.name,
                "balances": {name: row[f"{name}_balance"] for name in names},
                "amounts": {name: row[name] for name in names},
            }
            for row in rows
        ]
        totals = {name: company.currency_id.round(sum(row["balances"][name] for row in result)) for name in names}
        return {"rows": result, "totals": totals}

    @api.model
    def _describe_remaining(self, found, by, company):
        """Return what remains by schedule and period."""
        rows, periods = {}, {key: 0.0 for key, _label in BANDS} if by == "band" else {}
        for contract, schedule, key, amount, balance in found:
            key = key if by == "band" else self._get_quarter(key)
            row = rows.setdefault(schedule, self._prepare_remaining_row(contract, schedule))
            row["amount"] = schedule.currency_id.round(row["amount"] + amount)
            row["balance"] = company.currency_id.round(row["balance"] + balance)
            row["periods"][key] = company.currency_id.round(balance)
            periods[key] = company.currency_id.round(periods.get(key, 0.0) + balance)
        labels = dict(self.env["kor.revenue.remaining"]._fields["band"]._description_selection(self.env))
        return {
            "periods": [
                {"key": key, "name": labels.get(key, key), "balance": periods[key]}
                for key in (periods if by == "band" else sorted(periods))
            ],
            "total": company.currency_id.round(sum(periods.values())),
            "rows": list(rows.values()),
        }

    @api.model
    def _prepare_remaining_row(self, contract, schedule):
        return {
            "contract_id": contract.id,
            "contract": contract.name,
            "partner_id": contract.partner_id.id,
            "partner": contract.partner_id.display_name,
            "schedule_id": schedule.id,
            "schedule": schedule.name,
            "currency": schedule.currency_id.name,
            "amount": 0.0,
            "balance": 0.0,
            "periods": {},
        }

    @api.model
    def _get_quarter(self, day):
        day = fields.Date.to_date(day)
        return f"{day.year}-Q{(day.month + 2) // 3}"
