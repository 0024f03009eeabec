from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from odoo import fields, models

from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, to_decimal

from .kor_report_figure_mixin import INVOICES

DAY = timedelta(days=1)
# Quantities of use are averages now and then: their digits end somewhere.
PRECISION = Decimal("0.000001")
SEATS = "users"


class KorCostDriverMixin(models.AbstractModel):
    """Read what says whose a cost is: for all pools of a company and a method in one go."""

    _name = "kor.cost.driver.mixin"
    _description = "Drivers of Costs"

    def _read_drivers(self):
        """Return {pool: {contract id: quantity}}; another method is added by `_get_drivers_<method>`."""
        found = {}
        for (company, method), pools in self.grouped(lambda pool: (pool.company_id, pool.method)).items():
            found.update(getattr(pools.with_company(company), f"_get_drivers_{method}")())
        return found

    def _get_unit(self):
        """Return in which unit the driver is counted."""
        self.ensure_one()
        return {
            "metric": self.metric_id.unit or self.metric_id.name,
            "seats": self.env._("seat days"),
            "tickets": self.env._("tickets"),
            "equal": self.env._("contracts"),
            "fixed": "%",
        }.get(self.method, self.company_id.currency_id.name)

    def _get_running(self):
        """Return {pool: the contracts that run on a day of its month}, of the tiers that it is for."""
        first, last = self._get_span()
        contracts = self.env["kor.contract"].search_fetch(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "!=", "draft"),
                ("date_start", "<=", last),
                "|",
                ("date_end_effective", "=", False),
                ("date_end_effective", ">=", first),
            ],
            ["name", "date_start", "date_end_effective", "tier_id"],
        )
        by_month = {month: _filter_running(contracts, month) for month in set(self.mapped("month"))}
        return {pool: pool._filter_tiers(by_month[pool.month]) for pool in self}

    def _filter_tiers(self, contracts):
        return contracts.filtered(lambda one: one.tier_id in self.tier_ids) if self.tier_ids else contracts

    def _spread(self, by_month):
        """Return {pool: {contract id: quantity}} of what was read by month: {month: {contract: quantity}}."""
        return {
            pool: {
                contract.id: quantity
                for contract, quantity in by_month[pool.month].items()
                if not pool.tier_ids or contract.tier_id in pool.tier_ids
            }
            for pool in self
        }

    def _get_drivers_direct(self):
        return {pool: pool._get_direct_amounts() for pool in self}

    def _get_drivers_fixed(self):
        return {
            pool: {share.contract_id.id: to_decimal(share.percent).quantize(PRECISION) for share in pool.share_ids}
            for pool in self
        }

    def _get_drivers_equal(self):
        return {pool: dict.fromkeys(contracts.ids, Decimal(1)) for pool, contracts in self._get_running().items()}

    def _get_drivers_metric(self):
        """Read the use in the months of all contracts from their daily usage, of all metrics at once."""
        running = self._get_running()
        series = {(contract, pool.metric_id, "") for pool, contracts in running.items() for contract in contracts}
        first, last = self._get_span()
        ordered = sorted(series, key=lambda one: (one[1].id, one[0].id))
        meters = self.env["kor.usage.rollup"]._read_meters(ordered, first, last + DAY)
        found = {}
        for pool, contracts in running.items():
            own = {contract: meters.get((contract, pool.metric_id, "")) for contract in contracts}
            end = fields.Date.end_of(pool.month, "month") + DAY
            found[pool] = {
                contract.id: meter.read(pool.month, end).quantity.quantize(PRECISION)
                for contract, meter in own.items()
                if meter
            }
        return found

    def _get_drivers_seats(self):
        """Count the days of each seat that lines hold in the months."""
        running = self._get_running()
        contracts = self.env["kor.contract"].union(*running.values())
        first, last = self._get_span()
        lines = self.env["kor.contract.line"].search_fetch(
            [
                ("contract_id", "in", contracts.ids),
                ("charge_type", "=", "per_unit"),
                ("metric_id.code", "=", SEATS),
                ("date_start", "<=", last),
                "|",
                ("date_end", "=", False),
                ("date_end", ">=", first),
            ],
            ["contract_id", "quantity", "date_start", "date_end"],
        )
        by_contract = lines.grouped("contract_id")
        return {
            pool: {
                contract.id: sum((_seat_days(line, pool.month) for line in by_contract.get(contract, ())), ZERO)
                for contract in contracts
            }
            for pool, contracts in running.items()
        }

    def _get_drivers_revenue(self):
        earned = self.filtered(lambda pool: pool.revenue_basis == "recognised")
        invoiced = self - earned
        return {**(earned._get_earned() if earned else {}), **(invoiced._get_invoiced() if invoiced else {})}

    def _get_earned(self):
        """Read what was recognised of the months, whenever it was booked."""
        first, last = self._get_span()
        domain = [
            ("company_id", "=", self.company_id.id),
            ("kind", "!=", "cost"),
            ("month", ">=", first),
            ("month", "<=", last),
        ]
        return self._read_sums(
            "kor.revenue.item", domain, "month:month", "contract_id", "balance:sum", self._round_cost
        )

    def _get_invoiced(self):
        """Read what invoices and credit notes of the months bill, without taxes, as reports tell it."""
        first, last = self._get_span()
        rows = self.env["account.move.line"]._read_group(
            [
                ("company_id", "=", self.company_id.id),
                ("parent_state", "=", "posted"),
                ("move_id.move_type", "in", INVOICES),
                ("display_type", "=", "product"),
                ("invoice_date", ">=", first),
                ("invoice_date", "<=", last),
                "|",
                ("kor_contract_id", "!=", False),
                ("move_id.kor_contract_id", "!=", False),
            ],
            ["invoice_date:month", "kor_contract_id", "move_id.kor_contract_id"],
            ["balance:sum"],
        )
        by_month = defaultdict(lambda: defaultdict(lambda: ZERO))
        for day, contract, whole, balance in rows:
            # An invoice of several contracts says it by line.
            by_month[fields.Date.to_date(day)][contract or whole] -= self._round_cost(balance)
        return self._spread(by_month)

    def _get_drivers_tickets(self):
        """Count the tickets that were opened in the months."""
        first, last = self._get_span()
        domain = [
            ("kor_contract_id.company_id", "=", self.company_id.id),
            ("create_date", ">=", fields.Datetime.to_datetime(first)),
            ("create_date", "<", fields.Datetime.to_datetime(last + DAY)),
        ]
        tickets = self.with_context(active_test=False, tz="UTC")
        return tickets._read_sums("project.task", domain, "create_date:month", "kor_contract_id", "__count", Decimal)

    def _read_sums(self, model, domain, month, contract, aggregate, convert):
        """Return {pool: {contract id: quantity}} from one grouped query."""
        by_month = defaultdict(dict)
        for day, one, value in self.env[model]._read_group(domain, [month, contract], [aggregate]):
            by_month[fields.Date.to_date(day)][one] = convert(value)
        return self._spread(by_month)


def _filter_running(contracts, month):
    """Return those of contracts that run on a day of a month."""
    end = fields.Date.end_of(month, "month")
    return contracts.filtered(
        lambda one: one.date_start <= end and (not one.date_end_effective or one.date_end_effective >= month)
    )


def _seat_days(line, month):
    """Return the seats of a line times the days of a month on which it, and its contract, holds them."""
    contract, end = line.contract_id, fields.Date.end_of(month, "month")
    ends = [day for day in (line.date_end, contract.date_end_effective, end) if day]
    days = (min(ends) - max(line.date_start, month)).days + 1
    return to_decimal(line.quantity).quantize(PRECISION) * max(days, 0)
