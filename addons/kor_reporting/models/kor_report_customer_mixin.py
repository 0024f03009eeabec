from datetime import timedelta

from odoo import api, models

from ..engine.mrr import month_ends

DAY = timedelta(days=1)


class KorReportCustomerMixin(models.AbstractModel):
    """List the customers whom the reports count."""

    _name = "kor.report.customer.mixin"
    _description = "Customers behind Figures"

    @api.model
    def _list_customers(self, book, which, only=()):
        """Return the ids of customers, of all or of one row.

        :param which: opening, closing, lost, new, or present: with MRR at the end of a month
        :param only: nothing, or the key of the row: the first day of a month, or the id of what contracts stand under
        """
        if which == "new":
            newcomers = self._get_newcomers(book, self._get_ledger(book))
            kept = [newcomers.get(key, set()) for key in only] if only else newcomers.values()
            return sorted(set().union(*kept))
        if which == "present":
            return self._list_present(book, only)
        return sorted(
            customer for customer, opening, closing in self._list_stays(book, only) if _is(which, opening, closing)
        )

    @api.model
    def _list_present(self, book, only):
        key = self._get_key(book.request, book.deals)
        facts = [fact for contract, life in book.lives.items() if not only or key(contract) in only for fact in life]
        ends = month_ends(facts, book.rates, book.request.first, book.request.end)
        return sorted(customer for customer, held in ends.items() if any(held.values()))

    @api.model
    def _list_stays(self, book, only):
        """Return [(customer, MRR before, MRR after)] at the rates of the beginning, as retention has them."""
        fixed = book.rates.fixed(book.request.first - DAY)
        flat = self._get_ledger(book, fixed)
        if not only:
            return [(row.key, row.opening, row.closing) for row in flat.by_customer()]
        if book.request.is_monthly:
            found = self._get_monthly_standings(book, flat, self._get_history(book, fixed))
            return [(one.customer, one.opening, one.closing) for key in only for one in found.get(key, ())]
        key = self._get_key(book.request, book.deals)
        rows = flat.rows(lambda contract: (key(contract), book.deals[contract].customer))
        return [(row.key[1], row.opening, row.closing) for row in rows if row.key[0] in only]

    @api.model
    def _list_cohort(self, book, month, age):
        """Return the customers whose first MRR came in a month, and who have some at the end of one so much later."""
        ends = self._get_history(book, book.rates.fixed(book.request.first - DAY))
        found = []
        for customer, held in ends.items():
            months = sorted(held)
            if months[0] == month and age < len(months) and held[months[age]]:
                found.append(customer)
        return sorted(found)


def _is(which, opening, closing):
    return {"opening": bool(opening), "closing": bool(closing), "lost": bool(opening and not closing)}[which]
