"""Hold exact numbers, one for each of some days, over one denominator.

A close asks for every month of every promise. Fractions would be cut down after each step, which costs more than all
the rest; here the numbers stay integers and are compared and rounded as they are. Nothing is rounded but by `nearest`
and `cut_down`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import lcm


@dataclass(frozen=True, slots=True)
class Series:
    """Stand for numerator / denominator of each numerator; the denominator is above zero."""

    numerators: tuple[int, ...]
    denominator: int = 1

    @classmethod
    def of(cls, numbers: Iterable[Fraction]) -> "Series":
        numbers = tuple(numbers)
        denominator = lcm(*(number.denominator for number in numbers))
        return cls(tuple(number.numerator * (denominator // number.denominator) for number in numbers), denominator)

    def __add__(self, other: "Series") -> "Series":
        whole = lcm(self.denominator, other.denominator)
        mine, theirs = whole // self.denominator, whole // other.denominator
        pairs = zip(self.numerators, other.numerators, strict=True)
        return Series(tuple(one * mine + another * theirs for one, another in pairs), whole)

    def __sub__(self, other: "Series") -> "Series":
        return self + other.times(Fraction(-1))

    def times(self, factor: Fraction) -> "Series":
        numerator = factor.numerator
        return Series(tuple(one * numerator for one in self.numerators), self.denominator * factor.denominator)

    def less(self, number: Fraction) -> "Series":
        """Take the same number off all of them."""
        return self - Series((number.numerator,) * len(self.numerators), number.denominator) if number else self

    @property
    def last(self) -> Fraction:
        return Fraction(self.numerators[-1], self.denominator)

    def settled_at(self) -> int:
        """Return the position from which on all numbers equal the last one."""
        numbers, position = self.numerators, len(self.numerators) - 1
        while position and numbers[position - 1] == numbers[-1]:
            position -= 1
        return position


def nearest(numerator: int, denominator: int) -> int:
    """Round a fraction to a whole number, halves away from zero."""
    whole = (2 * abs(numerator) + denominator) // (2 * denominator)
    return whole if numerator >= 0 else -whole


def cut_down(numerator: int, denominator: int) -> int:
    """Return the whole number of a fraction that is next towards zero."""
    whole = abs(numerator) // denominator
    return whole if numerator >= 0 else -whole
