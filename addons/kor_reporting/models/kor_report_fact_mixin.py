from collections import defaultdict
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.kor_enterprise_tiers.engine import discounts, pricing
from odoo.addons.kor_enterprise_tiers.engine.money import ZERO, to_decimal

from ..engine.recurring import Agreement, Cause, Line, facts

DAY = timedelta(days=1)
# What an amendment is told as, the first that it holds.
HINTS = ("cancel", "transfer", "pause", "resume", "plan", "free", "discount")


class Deal(NamedTuple):
    """What reports know of a contract: by what it is grouped, and from when to when it runs."""

    id: int
    name: str
    customer: int
    currency: int
    rounding: float
    start: object
    end: object
    cancelled: object
    renews: bool
    leaving: object
    state: str
    anchor_day: int
    tier: int
    plan: int
    account_manager: int
    country: int

    @property
    def over(self):
        """Return the first day after the contract, None where it goes on; one that renews itself does."""
        if self.cancelled:
            return self.cancelled + DAY
        leaves = self.leaving and self.leaving <= self.end if self.end else False
        if self.end and (self.state == "ended" or not self.renews or leaves):
            return self.end + DAY
        return None


class KorReportFactMixin(models.AbstractModel):
    """Read what contracts bring each month, since when and why: one query for each table, whatever their number."""

    _name = "kor.report.fact.mixin"
    _description = "Facts of Recurring Revenue"

    @api.model
    def _read_deals(self, company, manager=None):
        """Return {contract id: Deal} of what was ever agreed, of one account manager or of all."""
        conditions = [SQL("contract.company_id = %s", company.id), SQL("contract.state != 'draft'")]
        if manager:
            conditions.append(SQL("contract.account_manager_id = %s", manager.id))
        rows = self.env.execute_query(
            SQL(
                """
                SELECT contract.id, contract.name, COALESCE(partner.commercial_partner_id, partner.id),
                    contract.currency_id, currency.rounding, contract.date_start, contract.date_end,
                    contract.date_cancelled, contract.auto_renew AND contract.term_months > 0, contract.date_leaving,
                    contract.state, contract.anchor_day, contract.tier_id, contract.plan_id,
                    contract.account_manager_id, customer.country_id
                FROM kor_contract contract
                JOIN res_partner partner ON partner.id = contract.partner_id
                JOIN res_partner customer ON customer.id = COALESCE(partner.commercial_partner_id, partner.id)
                JOIN res_currency currency ON currency.id = contract.currency_id
                WHERE %s ORDER BY contract.id
                """,
                SQL(" AND ").join(conditions),
            )
        )
        return {row[0]: Deal(*row) for row in rows}

    @api.model
    def _read_facts(self, deals):
        """Return the facts of the MRR ledger of contracts, and the numbers of the amendments that caused them.

        :return: (facts of `engine.mrr`, whose cause is the id of an amendment or None, {amendment id: its number})
        """
        if not deals:
            return [], {}
        ids = list(deals)
        causes, names, by_contract = self._read_causes(ids)
        lines = self._read_lines(ids, causes)
        whole = self._read_discounts("contract_id", ids)
        found = []
        for deal in deals.values():
            found += facts(self._prepare_agreement(deal, lines[deal.id], whole[deal.id], by_contract[deal.id]))
        return found, names

    @api.model
    def _prepare_agreement(self, deal, lines, whole, amendments):
        over = deal.over
        leaving = [cause for cause in amendments if cause.hint in ("cancel", "transfer") and deal.cancelled]
        return Agreement(
            key=deal.id,
            customer=deal.customer,
            currency=deal.currency,
            rounding=_read_rounding(deal.rounding),
            start=deal.start,
            over=over,
            anchor_day=min(max(deal.anchor_day, 1), 31),
            lines=tuple(lines),
            discounts=tuple(whole),
            ended_by=leaving[-1] if leaving else None,
            discounted_by=tuple(cause for cause in amendments if cause.hint == "discount"),
        )

    @api.model
    def _read_causes(self, ids):
        """Return the applied amendments of contracts: {id: Cause}, {id: number}, {contract: their causes in order}."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT amendment.id, amendment.contract_id, amendment.name, amendment.date_effective,
                    amendment.is_renewal, amendment.is_signature, array_agg(DISTINCT change.kind)
                FROM kor_contract_amendment amendment
                JOIN kor_contract_change change ON change.amendment_id = amendment.id
                WHERE amendment.contract_id = ANY(%s) AND amendment.state = 'applied'
                GROUP BY amendment.id ORDER BY amendment.date_effective, amendment.id
                """,
                ids,
            )
        )
        causes, names, by_contract = {}, {}, defaultdict(list)
        for amendment, contract, name, day, is_renewal, is_signature, kinds in rows:
            causes[amendment] = Cause(amendment, day, _hint(set(kinds), is_renewal, is_signature))
            names[amendment] = name
            by_contract[contract].append(causes[amendment])
        return causes, names, by_contract

    @api.model
    def _read_lines(self, ids, causes):
        """Return {contract: its recurring lines} as the engine takes them."""
        rows = self.env.execute_query(self._get_lines_query(ids))
        tiers = self._read_tiers(ids)
        own = self._read_discounts("contract_line_id", ids)
        origins = _origins(rows)
        found = defaultdict(list)
        for key, contract, root, start, end, months, made, ended, quantity, events, *price in rows:
            found[contract].append(
                Line(
                    key=key,
                    root=root,
                    start=start,
                    end=end + DAY if end else None,
                    origin=origins[root],
                    months=months,
                    amount=_rate_full(quantity or 0, events or 0, tuple(price), tiers.get(key, ())),
                    discounts=tuple(own.get(key, ())),
                    made_by=causes.get(made),
                    ended_by=causes.get(ended),
                )
            )
        return found

    @api.model
    def _get_lines_query(self, ids):
        # Floats as they are: decimals would become these one by one.
        return SQL(
            """
            SELECT id, contract_id, COALESCE(root_id, id), date_start, date_end, billing_months, amendment_id,
                ended_by_id, quantity::float8, events::float8, price_model, unit_price::float8,
                package_size::float8, included_quantity::float8, minimum_amount::float8, percentage::float8,
                event_fee::float8, included_events::float8
            FROM kor_contract_line
            WHERE contract_id = ANY(%s) AND charge_type IN ('fixed', 'per_unit') AND billing_months >= 1
            ORDER BY contract_id, date_start, id
            """,
            ids,
        )

    @api.model
    def _read_tiers(self, ids):
        """Return {line: its price tiers}, the open one last."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT tier.line_id, tier.up_to, tier.unit_price, tier.flat_amount
                FROM kor_contract_line_tier tier JOIN kor_contract_line line ON line.id = tier.line_id
                WHERE line.contract_id = ANY(%s) AND line.charge_type IN ('fixed', 'per_unit')
                ORDER BY tier.line_id, COALESCE(tier.up_to, 0) = 0, tier.up_to, tier.id
                """,
                ids,
            )
        )
        found = defaultdict(tuple)
        for line, up_to, unit_price, flat_amount in rows:
            found[line] += ((up_to or None, unit_price or 0, flat_amount or 0),)
        return found

    @api.model
    def _read_discounts(self, owner, ids):
        """Return {contract or line: its discounts}, in the order in which they are taken off."""
        is_whole = owner == "contract_id"
        contract = SQL("discount.contract_id") if is_whole else SQL("line.contract_id")
        rows = self.env.execute_query(
            SQL(
                """
                SELECT %s, discount.id, discount.kind, discount.value, discount.sequence, discount.date_start,
                    discount.date_end, discount.periods
                FROM kor_discount discount LEFT JOIN kor_contract_line line ON line.id = discount.contract_line_id
                WHERE %s = ANY(%s) ORDER BY discount.sequence, discount.id
                """,
                SQL.identifier("discount", owner),
                contract,
                ids,
            )
        )
        found = defaultdict(list)
        for key, *terms in rows:
            found[key].append(_discount(*terms))
        return found


def _discount(number, kind, value, sequence, start, end, periods):
    return discounts.Discount(
        key=number,
        name=str(number),
        kind=kind,
        value=value or 0,
        sequence=sequence or 0,
        date_start=start,
        date_end=end + DAY if end else None,
        periods=periods or None,
    )


def _hint(kinds, is_renewal, is_signature):
    """Return what a change is told as: prices that follow a clause or an index are no decision of anyone."""
    if "price" in kinds and kinds <= {"price", "term"} and (is_renewal or is_signature):
        return "escalator"
    return next((kind for kind in HINTS if kind in kinds), "renewal" if is_renewal else "")


def _origins(rows):
    """Return {root: the day from which the discounts of its lines count}, as contract lines have it."""
    spans = defaultdict(list)
    for key, _contract, root, start, end, _months, _made, ended, *_price in rows:
        is_void = bool(ended) and end is not None and end == start - DAY
        spans[root].append((key == root and not is_void, is_void, start))
    found = {}
    for root, known in spans.items():
        own = [start for is_root, _void, start in known if is_root]
        running = [start for _root, is_void, start in known if not is_void]
        found[root] = own[0] if own else min(running, default=known[0][2])
    return found


@lru_cache(maxsize=100)
def _read_rounding(rounding):
    return to_decimal(rounding)


@lru_cache(maxsize=20000)
def _rate_full(quantity, events, price, tiers):
    """Return what a full period costs: many lines of a plan have the same terms."""
    model, unit, package, included, minimum, percentage, fee, included_events = price
    try:
        terms = pricing.Price(
            model=model,
            unit_price=unit or 0,
            tiers=tuple(pricing.PriceTier(*tier) for tier in tiers),
            package_size=package or 0,
            included_quantity=included or 0,
            minimum_amount=minimum or 0,
            percentage=percentage or 0,
            event_fee=fee or 0,
            included_events=included_events or 0,
        )
        amount = pricing.rate(terms, to_decimal(quantity), to_decimal(events)).amount
        return pricing.apply_minimum(amount, terms.minimum_amount)[0]
    except pricing.PricingError:
        # What cannot be priced brings nothing, as on the contract.
        return ZERO
