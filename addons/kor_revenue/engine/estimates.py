"""Let documents use up what was expected of them, so that nothing counts twice.

An estimate of variable consideration – credits that will be given, a bonus that will be reached – is part of the
transaction price already. A credit note that comes while it holds is what was expected: it lowers nothing more, up
to the amount that is included. Once another estimate replaces the first, the price holds what is expected from then
on only, and what the first one took in counts from that day.

Units: dates; amounts in the contract's currency, below zero what lowers the price. An estimate holds from its day
until the day of the next one of its sign (exclusive). Source: ASC 606-10-32-14 and 32-42 to 45, IFRS 15.59 and 87.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Estimate:
    """Expect an amount from a day on; `until` is the day on which another estimate replaces it, None: it holds."""

    day: date
    amount: Decimal
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """An amount that a document has given or charged on a day."""

    key: int
    day: date
    amount: Decimal


def absorb(documents: Iterable[Document], estimates: Iterable[Estimate]) -> list[Document]:
    """Return what of the documents counts beside the price, and from which day."""
    room = [[one, one.amount] for one in estimates if one.amount]
    result = []
    for document in sorted(documents, key=lambda one: one.day):
        left = document.amount
        for entry in room:
            estimate, free = entry
            if not left or not free or not _expects(estimate, document):
                continue
            taken = max(left, free) if left < 0 else min(left, free)
            entry[1], left = free - taken, left - taken
            if estimate.until and taken:
                result.append(replace(document, day=estimate.until, amount=taken))
        if left:
            result.append(replace(document, amount=left))
    return result


def _expects(estimate: Estimate, document: Document) -> bool:
    """Tell whether a document is one of those that were expected."""
    holds = estimate.day <= document.day and (estimate.until is None or document.day < estimate.until)
    return holds and (estimate.amount < 0) == (document.amount < 0)
