from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from odoo import api, fields, models

from odoo.addons.kor_billing.engine import billing
from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal

from ..engine import delivery, months, recognition
from ..engine import shares as engine_shares
from .kor_contract_position_mixin import LINES_OF_CONTRACTS

DAY = timedelta(days=1)


class KorContractScheduleMixin(models.AbstractModel):
    """Say what a contract earns in each month: the promises that are enforceable together, all else by its periods."""

    _name = "kor.contract.schedule.mixin"
    _description = "Revenue Schedules of a Contract"

    revenue_schedule_ids = fields.One2many("kor.revenue.schedule", "contract_id", string="Revenue Schedules")
    revenue_stale = fields.Boolean(
        readonly=True, copy=False, index="btree_not_null", help="What the contract earns has to be looked at again."
    )

    def _mark_revenue_stale(self):
        marked = self.filtered(lambda contract: contract.revenue_since and not contract.revenue_stale)
        if marked:
            marked._write_agreed({"revenue_stale": True})

    def _refresh_revenue(self, until=None):
        """Bring the schedules and their months to what the facts say now.

        :param until: the day before which use and periods that come by and by count; else the end of this month
        """
        until = until or delivery.next_month(fields.Date.context_today(self))
        contracts = self.filtered("revenue_since")
        contracts._ensure_schedules()
        targets = contracts._get_revenue_targets(until)
        self.env["kor.revenue.month"]._write_targets({**targets, **self._get_other_targets(until)})
        for contract in contracts:
            contract._describe_schedules(targets)
        contracts._write_agreed({"revenue_stale": False})

    def _get_other_targets(self, until, partial=None):
        """Return what schedules come to that no promise stands behind, where that may have changed.

        :param partial: a day before which everything counts: then all that go on are told
        """
        return {**self._get_cost_targets(partial), **self._get_breakage_targets(until)}

    def _ensure_schedules(self):
        """Make a schedule for each promise that has none."""
        schedules_sudo = self.env["kor.revenue.schedule"].sudo()  # schedules follow from what was agreed, by whomever
        values = []
        for contract in self:
            roots = contract._get_revenue_roots()
            roots = roots.filtered(lambda line: not line.sudo().revenue_schedule_ids)  # as above
            # A first line that was moved before it began is void, but what goes on from it is promised.
            kept = roots.filtered(lambda root: any(not line._is_void() for line in root._get_chain()))
            values += [contract._prepare_schedule_values(root) for root in kept]
        if values:
            schedules_sudo.create(values)

    def _prepare_schedule_values(self, root):
        company = self.company_id.sudo()  # settings hold for everybody
        product = root.product_id.sudo()  # its accounts, for whoever agrees to a contract
        accounts = product.product_tmpl_id.with_company(company).get_product_accounts(self.fiscal_position_id)
        is_use = root.charge_type in ("usage", "commitment")
        return {
            "name": root.name,
            "contract_id": self.id,
            "contract_line_id": root.id,
            "company_id": company.id,
            "currency_id": self.currency_id.id,
            "product_id": product.id,
            "method": root._get_revenue_method(),
            "position_group": "usage" if is_use else "contract",
            "account_id": (accounts["income"] or company.income_account_id).id,
            "deferral_account_id": company.kor_liability_account_id.id,
        }

    def _get_revenue_targets(self, until, partial=None):
        """Return what is earned: {schedule id: {first day of month: amount}}.

        :param until: the day before which use and periods that come by and by count
        :param partial: a day before which everything counts, instead of whole months
        """
        windows = {contract: billing.Window(contract.date_start, until - DAY) for contract in self}
        meters = self._get_meters(windows)
        result = {}
        adjustments = self._find_adjustments()
        for contract in self:
            by_root = contract._get_pooled_months(partial)
            for own in (
                contract._get_periodic_months(until),
                contract._get_use_months(meters, until),
                contract._get_adjusted_months(adjustments.get(contract.id, ()), partial),
            ):
                _add(by_root, own)
            for schedule in contract.sudo().revenue_schedule_ids.filtered("contract_line_id"):  # as the slices
                result[schedule.id] = by_root.get(schedule.contract_line_id.id, {})
        return result

    def _get_rounding(self):
        company = self.company_id.sudo()  # settings hold for everybody
        return to_decimal(self.currency_id.rounding), company.kor_revenue_rounding

    def _get_pooled_months(self, partial=None, versions=None):
        """Return what the enforceable promises earn, by the versions of their terms, or by others."""
        self.ensure_one()
        versions, end = self._get_engine_versions() if versions is None else versions, self.date_end_effective
        if not versions or (end and end < self.date_start):
            return {}
        rounding, mode = self._get_rounding()
        first, last = recognition.first_day(versions), recognition.last_day(versions)
        return months.by_month(recognition.curve(versions), first, last, rounding, mode, partial)

    def _get_engine_versions(self):
        contract_sudo = self.sudo()  # as the slices
        return contract_sudo.revenue_version_ids._get_engine_versions(
            contract_sudo.revenue_schedule_ids._get_engine_progress()
        )

    def _get_periodic_months(self, until):
        """Return what fees earn of periods that are not enforceable together: each by itself."""
        first, after = self._get_pooled_span()
        rounding, mode = self._get_rounding()
        result = {}
        kept = self._get_kept_roots()
        for one in self._get_fixed_slices(until) if not self.date_enforceable_end or after < until else ():
            if one.start < self.revenue_since or first <= one.start < after or one.line.root not in kept:
                continue
            promise = self._get_period_obligation(one, kept[one.line.root])
            own = months.cut_into_months(
                lambda day, promise=promise: delivery.delivered(promise, day),
                one.start,
                max([promise.end, *(fact.day + DAY for fact in promise.progress)]),
                rounding,
                mode,
                until,
            )
            _add(result, {one.line.root: own})
        return result

    def _get_pooled_span(self):
        """Return the days whose periods are earned together, half-open."""
        last = self.sudo().revenue_version_ids.sorted("number")[-1:]  # as the slices
        if not last:
            return self.date_start, self.date_start
        return fields.Date.to_date(last.basis["since"]), fields.Date.to_date(last.basis["until"])

    def _get_kept_roots(self):
        """Return the methods of the promises that have a schedule, by root."""
        schedules_sudo = self.sudo().revenue_schedule_ids  # as the slices
        return {one.contract_line_id.id: one for one in schedules_sudo if one.contract_line_id}

    def _get_period_obligation(self, one, schedule):
        """Return a period of a line, or what is charged once, as a promise of its own."""
        end, root = one.end, schedule.contract_line_id
        if not one.line.months:
            end = root._get_one_time_end(root, schedule.method, one.start, one.end)
        stretch = delivery.Stretch(one.start, end, self._get_untaxed(one))
        noted = schedule._get_engine_progress().get(root.id, ())
        return delivery.Obligation(one.key, schedule.method, (stretch,), noted)

    def _get_use_months(self, meters, until):
        """Return what use has earned: rated up to each month's end, so that tiers count as they were reached."""
        kept = {root for root, schedule in self._get_kept_roots().items() if schedule.method == "usage"}
        terms = self._get_use_terms(meters) if kept else None
        until = min(until, terms.end or until) if kept else until
        if not kept or until <= max(self.date_start, self.revenue_since):
            return {}

        def rate_until(day):
            """Return what is rated of the periods that run up to a day, as if the contract ended then."""
            found = billing.target(replace(terms, end=day), billing.Window(day - DAY, day - DAY))
            return {one.key: one for one in found if one.line.charge_type == "usage"}

        whole = {
            one.key: one
            for one in billing.target(terms, billing.Window(self.date_start, until - DAY))
            if one.end <= until
        }
        whole = {**rate_until(until), **whole}
        whole = [one for one in whole.values() if one.line.root in kept and one.start >= self.revenue_since]
        days = {day for one in whole if one.line.charge_type == "usage" for day in _months_inside(one.start, one.end)}
        marks, result = {day: rate_until(day) for day in days}, {}
        for one in whole:
            _add(result, {one.line.root: self._cut_use(one, marks)})
        return result

    def _get_use_terms(self, meters):
        """Return the contract's terms with all use in arrears: it is earned when it is delivered."""
        terms = self._get_engine_terms(meters)
        return replace(
            terms,
            lines=tuple(
                replace(line, timing="arrears") if line.charge_type in ("usage", "commitment") else line
                for line in terms.lines
            ),
        )

    def _cut_use(self, one, marks):
        """Return what a period's use earned in each of its months."""
        result, before = {}, Decimal(0)
        if one.line.charge_type == "usage":
            for day in _months_inside(one.start, one.end):
                reached = marks[day].get(one.key)
                amount = self._to_decimal(self._get_untaxed(reached)) if reached else Decimal(0)
                result[delivery.month_of(day - DAY)] = amount - before
                before = amount
        month = delivery.month_of(one.end - DAY)
        result[month] = self._to_decimal(self._get_untaxed(one)) - before
        return result

    @api.model
    def _to_decimal(self, amount):
        return Decimal(amount.numerator) / Decimal(amount.denominator)

    def _get_adjusted_months(self, adjustments, until=None):
        """Return what was given, or charged, by documents that no agreed fee stands behind.

        A credit note over days that are gone lowers the revenue of its own day; the rest of it, that of later days.
        """
        kept, result = self._get_kept_roots(), {}
        rounding, mode = self._get_rounding()
        for one in adjustments:
            root = self._choose_adjusted_root(one, kept)
            if root is None:
                continue
            span = delivery.Obligation("", "day", (delivery.Stretch(one["start"], one["end"], Fraction(1)),))
            amount, day = Fraction(one["amount"]), one["date"]

            def earned(asked, amount=amount, day=day, span=span):
                return amount * delivery.delivered(span, asked) if asked > day else Fraction(0)

            last = max(one["end"], day + DAY)
            _add(result, {root: months.cut_into_months(earned, day, last, rounding, mode, until)})
        return result

    @api.model
    def _choose_adjusted_root(self, one, kept):
        """Return the promise that a document belongs to: by its line, by its product, else the largest."""
        if one["root"] in kept:
            return one["root"]
        same = [root for root, schedule in kept.items() if schedule.product_id.id == one["product"]]
        by_size = sorted(same or kept, key=lambda root: (kept[root].agreed_price, root))
        return by_size[-1] if by_size else None

    def _find_adjustments(self):
        """Return by contract what documents say that no booked period says, without taxes.

        Lines on the contract liability without a billed period; less what billing has booked without a document
        because somebody had given it already.
        """
        schedules = self.sudo().revenue_schedule_ids.filtered(lambda one: one.kind == "revenue")  # as the slices
        accounts = schedules.deferral_account_id
        if not accounts:
            return {}
        self.env.flush_all()
        self.env.cr.execute(
            f"""
            SELECT COALESCE(line.kor_contract_id, move.kor_contract_id) AS contract, -line.amount_currency AS amount,
                move.date, line.product_id AS product, 0 AS root,
                COALESCE(origin.kor_date_from, move.kor_date_from, move.date) AS start,
                COALESCE(origin.kor_date_to, move.kor_date_to, move.date) AS last
            FROM account_move_line line
            JOIN account_move move ON move.id = line.move_id
            LEFT JOIN account_move origin ON origin.id = move.reversed_entry_id
            WHERE {LINES_OF_CONTRACTS} AND COALESCE(line.kor_contract_id, move.kor_contract_id) = ANY(%(contracts)s)
                AND line.account_id = ANY(%(accounts)s) AND line.parent_state = 'posted'
                AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                AND NOT EXISTS (SELECT FROM kor_billing_item item
                    WHERE item.move_line_id = line.id AND item.state = 'booked')
            UNION ALL
            SELECT item.contract_id, -item.amount, item.create_date::date, item.product_id,
                COALESCE(own.root_id, own.id), item.date_start, item.date_end
            FROM kor_billing_item item JOIN kor_contract_line own ON own.id = item.contract_line_id
            JOIN kor_contract contract ON contract.id = item.contract_id
            WHERE item.contract_id = ANY(%(contracts)s) AND item.state = 'booked' AND item.move_line_id IS NULL
                AND item.amount < 0 AND item.date_start >= contract.revenue_since
            ORDER BY 3
            """,
            {"contracts": self.ids, "accounts": accounts.ids},
        )
        found = {}
        for row in self.env.cr.dictfetchall():
            amount, last = self._to_currency(row["amount"]), max(row.pop("last"), row["start"])
            found.setdefault(row["contract"], []).append({**row, "amount": amount, "end": last + DAY})
        return self._absorb_expected(found)

    @api.model
    def _to_currency(self, amount):
        return to_decimal(float(amount))

    def _describe_schedules(self, targets):
        """Write what the schedules come to, and why."""
        versions = self._get_engine_versions()
        shares = engine_shares.shares(versions)
        for schedule in self.sudo().revenue_schedule_ids.filtered("contract_line_id"):  # as the slices
            own = targets.get(schedule.id, {})
            values = self._prepare_schedule_summary(schedule, own, versions, shares)
            changed = {name: value for name, value in values.items() if schedule[name] != value}
            if changed:
                schedule.write(changed)

    def _prepare_schedule_summary(self, schedule, own, versions, shares):
        key, total = schedule.contract_line_id.id, sum(own.values(), Decimal(0))
        promise = versions and next((one for one in versions[-1].obligations if one.key == key), None)
        last = self.sudo().revenue_version_ids.sorted("number")[-1:]  # as the slices
        agreed = next((one["agreed"] for one in (last.basis or {}).get("obligations", ()) if one["line"] == key), 0)
        start = promise.start if promise else min(own, default=schedule.contract_line_id.date_start)
        end = promise.end - DAY if promise else delivery.next_month(max(own)) - DAY if own else False
        if promise and promise.method == "progress":
            # What is not reached yet has no month, and is promised all the same.
            left = shares[-1][key].total - recognition.curve(versions).earned(key, date.max)
            total += self._to_decimal(left)
        amount = self.currency_id.round(float(total))
        return {
            "amount": amount,
            "standalone_price": self.currency_id.round(float(promise.standalone)) if promise else 0.0,
            "agreed_price": self.currency_id.round(float(Fraction(agreed))),
            "date_start": start,
            "date_end": end,
            "explanation": self._explain_schedule(schedule, amount, versions, shares),
        }

    def _explain_schedule(self, schedule, amount, versions, shares):
        """Return why the schedule has its amount: each of the versions, and the promise's part of it."""
        key, found = schedule.contract_line_id.id, []
        records = self.sudo().revenue_version_ids.sorted("number")  # as the slices
        for version, record, parts in zip(versions, records, shares, strict=True):
            own = next((one for one in version.obligations if one.key == key), None)
            found.append(
                {
                    "number": record.number,
                    "date": version.day.isoformat(),
                    "treatment": record.treatment,
                    "amendment": record.amendment_id.name or "",
                    "price": float(version.price),
                    "standalone": float(version.standalone),
                    "own": float(own.standalone) if own else 0.0,
                    "residual": bool(own and own.is_residual),
                    "share": self._explain_share(parts.get(key)),
                    "stretches": [
                        {"from": one.start.isoformat(), "to": (one.end - DAY).isoformat(), "value": float(one.value)}
                        for one in (own.stretches if own else ())
                    ],
                }
            )
        total = float(shares[-1][key].total) if shares and key in shares[-1] else 0.0
        beside = self.currency_id.round(amount - total)
        # The promise that ends last takes what all of them were rounded by.
        is_cents = bool(found) and abs(beside) <= self.currency_id.rounding * len(versions[-1].obligations)
        return {
            "method": schedule.method,
            "versions": found,
            "amount": amount,
            # Periods that come by and by, use, credit notes: what no version has a part in.
            "beside": 0.0 if is_cents else beside,
            "cents": beside if is_cents else 0.0,
            "currency": self.currency_id.name,
        }

    @api.model
    def _explain_share(self, share):
        """Return a promise's part of a price as plain JSON, or nothing where it is no part of the terms."""
        if share is None:
            return {}
        names = ("pool", "whole", "own", "amount", "kept", "kept_in_all", "total")
        facts = {name: float(getattr(share, name)) for name in names}
        return {**facts, "factor": facts["amount"] / facts["own"] if facts["own"] else 0.0}


def _add(result, more):
    """Add amounts by root and month."""
    for root, own in more.items():
        mine = result.setdefault(root, {})
        for month, amount in own.items():
            mine[month] = mine.get(month, Decimal(0)) + amount


def _months_inside(start, end):
    """Yield the first days of months that lie within start < day < end."""
    day = delivery.next_month(start)
    while day < end:
        yield day
        day = delivery.next_month(day)
