from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.kor_billing.engine import billing
from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal

from ..engine import delivery, recognition, treatments

FIXED = ("fixed", "per_unit", "one_time")


class KorContractObligationMixin(models.AbstractModel):
    """Read the promises of a contract, and their price, from its lines; freeze them as they are agreed."""

    _name = "kor.contract.obligation.mixin"
    _description = "Performance Obligations of a Contract"

    revenue_since = fields.Date(
        string="Earned from the Contract since",
        readonly=True,
        copy=False,
        help="From this day on, revenue follows from the contract. Empty: revenue is what is invoiced.",
    )
    date_enforceable_end = fields.Date(
        string="Enforceable until",
        compute="_compute_date_enforceable_end",
        store=True,
        help="The last day for which both sides are bound: the end, or the end of the minimum term where the customer "
        "may leave freely after it. Fees of later periods are earned period by period.",
    )
    revenue_version_ids = fields.One2many("kor.revenue.version", "contract_id", string="Revenue Terms")

    @api.depends("date_end_effective", "date_minimum_end", "minimum_months", "termination_fee_kind", "termination_fee")
    def _compute_date_enforceable_end(self):
        for contract in self:
            end, minimum = contract.date_end_effective, contract.date_minimum_end
            # A fee for the whole term binds for the whole term.
            is_bound = contract.termination_fee_kind in ("term", "amount") and contract.termination_fee
            leaves_freely = minimum and not is_bound
            ends = [day for day in (end, minimum if leaves_freely or not end else False) if day]
            contract.date_enforceable_end = min(ends, default=False)

    def start_revenue(self, date):
        """Let revenue of contracts that run already follow from them, from a day on.

        Periods that begin on that day or later are earned from the contract; what was invoiced for earlier ones stays.

        :param date: the first day, as YYYY-MM-DD
        :return: {"date", "contracts": ids of those that were started}
        """
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("kor_revenue.group_kor_revenue_user"):
            raise AccessError(self.env._("Only members of KOR Enterprise › Revenue can start it for contracts."))
        day = self._parse_date(date, "date")
        for contract in self:
            contract._check_can_start(day)
        new_sudo = self.sudo()  # who may start revenue need not be allowed to change contracts
        new_sudo = new_sudo.filtered(lambda one: not one.revenue_since)
        new_sudo._start_revenue(day)
        return {"date": fields.Date.to_string(day), "contracts": new_sudo.ids}

    def _check_can_start(self, day):
        self.ensure_one()
        self.company_id.sudo()._check_kor_revenue()  # settings hold for everybody
        since = self.revenue_since
        if since and since != max(day, self.date_start):
            raise UserError(
                self.env._(
                    "Contract %(contract)s is earned since %(since)s: what is closed is not started anew.",
                    contract=self.name,
                    since=since,
                )
            )
        if self.state not in ("active", "paused"):
            raise UserError(
                self.env._("Contract %(contract)s does not run: there is nothing left to earn.", contract=self.name)
            )

    def _start_revenue(self, since=None):
        """Let revenue follow from the contracts, where their companies want it."""
        for company, contracts in self.grouped("company_id").items():
            if company.sudo()._recognizes_kor_revenue():  # settings hold for everybody
                new = contracts.filtered(lambda one: not one.revenue_since)
                for contract in new:
                    first = max(since or contract.date_start, contract.date_start)
                    contract._write_agreed({"revenue_since": first, "revenue_stale": True})
                    contract._note_revenue_terms(since=first)
                # What is billed from now on is booked as they say.
                new._ensure_schedules()

    def _note_revenue_terms(self, amendment=None, treatment=None, estimate=None, since=None):
        """Freeze what is promised now and for how much, where that is not what was frozen last.

        :param treatment: how the change is treated; by default as is proposed
        :param estimate: the estimate that changes the price, and nothing else
        :param since: the first day that the first version takes in; by default from what has not begun yet on
        :return: the new version, or none
        """
        self.ensure_one()
        versions_sudo = self.sudo().revenue_version_ids  # terms are frozen by what happens, whoever does it
        last = versions_sudo.sorted("number")[-1:]
        if last:
            since = fields.Date.to_date(last.basis["since"])
        terms = self._get_revenue_terms(since or self._get_next_start(amendment))
        if not terms or (last and last.basis == terms["basis"]):
            return versions_sudo.browse()
        engine = terms["version"]
        day = self._get_version_day(last, engine, amendment.date_effective if amendment else estimate and estimate.date)
        version_sudo = versions_sudo.create(
            {
                **self._prepare_version_values(last, engine),
                "amendment_id": amendment.id if amendment else False,
                "estimate_id": estimate.id if estimate else False,
                "date_effective": day,
                "treatment": treatment or self._choose_treatment(last, engine, day, amendment),
                "basis": terms["basis"],
            }
        )
        version_sudo._check_possible()
        return version_sudo

    def _prepare_version_values(self, last, engine):
        return {
            "contract_id": self.id,
            "number": (last.number or 0) + 1,
            "price": float(engine.price),
            "standalone": float(engine.standalone),
            "change": float(engine.price) - last.price,
        }

    def _get_version_day(self, last, engine, agreed):
        """Return the day from which new terms hold.

        :param agreed: the day on which both sides say so; nothing where the contract just goes on, or ends
        """
        if not last:
            day = engine.day
        else:
            day = max(agreed, self.revenue_since) if agreed else self._get_first_change(last, engine)
        # What ends is settled on its last day: after it, nothing would be left to earn the rest with.
        return min(day, max(one.end for one in engine.obligations) - timedelta(days=1))

    def _get_first_change(self, last, engine):
        """Return the first day on which new terms deliver otherwise than the last ones.

        What nobody amends ends earlier, or goes on: until then it is delivered as before.
        """
        old = {one.key: one.stretches for one in last._get_engine_versions()[0].obligations}
        new = {one.key: one.stretches for one in engine.obligations}
        days = []
        for key in old.keys() | new.keys():
            before = {one.start: one for one in old.get(key, ())}
            after = {one.start: one for one in new.get(key, ())}
            for start in before.keys() | after.keys():
                one, other = before.get(start), after.get(start)
                if one and other and one.end != other.end:
                    days.append(min(one.end, other.end))
                elif one != other:
                    days.append(start)
        return min(days, default=self._get_today())

    def _choose_treatment(self, last, engine, day, amendment):
        """Return how a modification is treated where nobody has chosen. Extensible."""
        if not last:
            return "prospective"
        before = last._get_engine_versions()[0]
        is_distinct = not amendment or amendment.revenue_distinct != "no"
        answer = amendment and amendment.revenue_standalone
        is_standalone = answer == "yes" if answer else self._is_at_standalone_price(before, engine, day)
        return treatments.choose(is_distinct, is_standalone, self._is_addition(before, engine, day))

    def _is_addition(self, before, after, day):
        """Tell whether new terms take nothing away, of what is promised or of the price."""
        return self._adds_only(before, after, day) and after.price >= before.price

    def _is_at_standalone_price(self, before, after, day):
        """Tell by the figures whether what is added is sold as it would be alone, less what the company tolerates."""
        price, value = self._compare_terms(before, after, day)
        company = self.company_id.sudo()  # settings hold for everybody
        tolerance = Fraction(to_decimal(company.kor_standalone_tolerance)) / 100
        return value > 0 and price >= value * (1 - tolerance)

    @api.model
    def _compare_terms(self, before, after, day):
        """Return what new terms add from a day on: the price, and the value at standalone prices."""
        value = recognition.standalone_after(after, day) - recognition.standalone_after(before, day)
        return after.price - before.price, value

    @api.model
    def _adds_only(self, before, after, day):
        """Tell whether new terms promise at least what the old ones did, of everything."""
        new = {one.key: one for one in after.obligations}
        for one in before.obligations:
            left = one.standalone - delivery.delivered(one, day)
            other = new.get(one.key)
            if left > (other.standalone - delivery.delivered(other, day) if other else 0):
                return False
        return True

    def _get_next_start(self, amendment=None):
        """Return the day on which the next period begins, from an amendment or today on; None where no more does.

        Who was bound from period to period, and is now until a day, has earned what has begun by itself: stays so.
        """
        day = max(amendment.date_effective if amendment else self._get_today(), self.revenue_since)
        until = self.date_enforceable_end and self.date_enforceable_end + timedelta(days=1)
        starts = [one.start for one in self._get_fixed_slices(until) if day <= one.start] if until else []
        return min(starts, default=None)

    def _get_revenue_terms(self, since):
        """Return what is promised and enforceable now, as an engine version and as plain JSON; None where nothing is.

        :param since: the first day that the contract's first version took in, None where it would take in nothing
        """
        self.ensure_one()
        end = self.date_enforceable_end
        if not since or not end or end < since:
            return None
        until = end + timedelta(days=1)
        slices = [one for one in self._get_fixed_slices(until) if since <= one.start]
        prices = self._get_agreed_prices(slices)
        starts = self._get_first_days(slices, since, until)
        obligations = [
            one
            for root in self._get_revenue_roots().filtered(lambda line: line.charge_type in FIXED)
            if (one := root._get_obligation(starts.get(root.id, since), until))
        ]
        if not obligations:
            return None
        variable = self._get_variable_price()
        price = sum((prices.get(one.key, Fraction(0)) for one in obligations), variable)
        if price and not any(one.standalone for one in obligations):
            obligations = [self._value_as_agreed(one, prices.get(one.key, Fraction(0))) for one in obligations]
        version = recognition.Version(since, price, tuple(obligations))
        basis = self.env["kor.revenue.version"]._prepare_basis(price, since, until, obligations, prices, variable)
        return {"version": version, "basis": basis}

    @api.model
    def _value_as_agreed(self, one, price):
        """Return a promise that is worth what is charged for it, by its days: nothing else is known of its price."""
        days = sum((stretch.end - stretch.start).days for stretch in one.stretches)
        stretches = (
            replace(stretch, value=Fraction((stretch.end - stretch.start).days, days) * (price or 1))
            for stretch in one.stretches
        )
        return replace(one, stretches=tuple(stretches))

    def _get_revenue_roots(self):
        """Return the first lines of all promises that are not earned as they are invoiced."""
        roots = self.line_ids.browse({line._get_root().id for line in self.line_ids})
        return roots.filtered(lambda line: line._get_revenue_method() != "invoice").sorted(
            lambda line: (line.sequence, line.id)
        )

    def _get_agreed_prices(self, slices):
        """Return what the lines charge for periods, by root, without taxes."""
        prices = {}
        for one in slices:
            prices[one.line.root] = prices.get(one.line.root, Fraction(0)) + self._get_untaxed(one)
        return prices

    def _get_first_days(self, slices, since, until):
        """Return the days from which promises of an older contract are earned: periods that began earlier are not."""
        if since <= self.date_start:
            return {}
        days = {line._get_root().id: until for line in self.line_ids}
        for one in slices:
            days[one.line.root] = min(days[one.line.root], one.start)
        return days

    def _get_fixed_slices(self, until):
        """Return what is charged for fixed fees of the periods that begin before a day."""
        terms = self._get_engine_terms()
        lines = tuple(line for line in terms.lines if line.charge_type in FIXED)
        longest = max((line.months for line in lines), default=0)
        # What is billed in arrears belongs to a later day than the one on which it begins.
        window = billing.Window(self.date_start, until + relativedelta(months=longest))
        terms = billing.Terms(terms.start, terms.end, terms.anchor_day, terms.rounding, lines, terms.discounts)
        return [one for one in billing.target(terms, window) if one.start < until]

    def _get_untaxed(self, one):
        """Return the amount of a slice without the taxes that its price includes, rounded as the currency is."""
        line = self._get_line(one)
        amount = one.amount
        product_sudo = line.product_id.sudo()  # the taxes of a product are no secret to those who see its price
        taxes = product_sudo.taxes_id.filtered(lambda tax: tax.company_id == self.company_id)
        if any(tax.price_include for tax in taxes.flatten_taxes_hierarchy()):
            found = self.fiscal_position_id.map_tax(taxes).compute_all(
                float(amount), currency=self.currency_id, partner=self.partner_id, product=line.product_id
            )
            amount = to_decimal(self.currency_id.round(found["total_excluded"]))
        return Fraction(amount)
