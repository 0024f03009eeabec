import math

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.kor_enterprise_tiers.tools import format_price, format_quantity

# What can be asked for in which area. Text is what people have to judge: it changes no figure.
AREA_TERMS = {
    "pricing": ("price_unit", "quantity", "discount", "text"),
    "terms": ("term_months", "text"),
    "features": ("features", "text"),
    "sla": ("uptime_target", "text"),
    "support": ("support_level", "text"),
}
LINE_TERMS = ("price_unit", "quantity", "discount")
# Lowest and highest value; a quantity of nothing is a line taken out, which is asked for in words.
BOUNDS = {
    "price_unit": (0, 1e12),
    "quantity": (1e-6, 1e9),
    "discount": (0, 100),
    "term_months": (1, 120),
    "uptime_target": (1, 100),
}
ORDER_FIELDS = {"term_months": "kor_term_months", "uptime_target": "kor_uptime_target"}
TEXT_LENGTH = 2000


def is_same(one, other):
    """Tell whether a value is what the version says; a form gives back at most eight decimals."""
    return one == other or abs((one or 0) - (other or 0)) < 1e-8


class KorCounterOfferTerms(models.AbstractModel):
    """Read what is asked or answered from plain values, say it in words, and hand it to a new version.

    Terms are a dictionary of `price_unit`, `quantity` and `discount` of a line, `discount` of all lines,
    `term_months`, `uptime_target`, `support_level` (id), `features` (ids) and `text`.
    """

    _name = "kor.counter.offer.terms"
    _description = "Terms of a Counter-Offer"

    @api.model
    def _read_terms(self, area, line, plain):
        """Return checked terms from plain values; raise a UserError that says what would be right."""
        allowed = AREA_TERMS.get(area)
        if not allowed:
            raise UserError(
                self.env._(
                    "“%(area)s” is no area of a counter-offer; use one of: %(areas)s.",
                    area=area,
                    areas=", ".join(AREA_TERMS),
                )
            )
        terms = {}
        for name, value in plain.items():
            if value is None or value is False or value in ("", []):
                continue
            if name not in allowed or (name in ("price_unit", "quantity") and not line):
                raise UserError(self._say_not_here(name, area, allowed, line))
            terms[name] = getattr(self, f"_read_{name}", lambda given, name=name: self._read_number(name, given))(value)
        return terms

    @api.model
    def _say_not_here(self, name, area, allowed, line):
        if name in LINE_TERMS and area == "pricing" and not line:
            return self.env._("A price or a quantity is asked for on a line: say which line of the proposal.")
        return self.env._(
            "“%(name)s” cannot be asked for in the area %(area)s; use one of: %(allowed)s.",
            name=name,
            area=area,
            allowed=", ".join(allowed),
        )

    @api.model
    def _read_number(self, name, value):
        lowest, highest = BOUNDS[name]
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        whole = name != "term_months" or number % 1 == 0
        if not (math.isfinite(number) and lowest <= number <= highest and whole):
            raise UserError(
                self.env._(
                    "%(label)s must be a number from %(lowest)s to %(highest)s, not “%(value)s”.",
                    label=self._get_term_labels()[name],
                    lowest=format_quantity(self.env, lowest),
                    highest=format_quantity(self.env, highest),
                    value=value,
                )
            )
        return int(number) if name == "term_months" else number

    @api.model
    def _read_text(self, value):
        text = str(value).strip()
        if len(text) > TEXT_LENGTH:
            raise UserError(
                self.env._("That is longer than %(length)s characters; say it more briefly.", length=TEXT_LENGTH)
            )
        return text

    @api.model
    def _read_support_level(self, value):
        levels = self.env["kor.support.level"].sudo()  # customers choose from it without a right to read it
        levels = levels.search([])  # pylint: disable=no-search-all  # a handful
        found = levels.filtered(lambda level: str(value) in (str(level.id), level.code, level.name))
        if not found:
            raise UserError(
                self.env._(
                    "There is no support level “%(value)s”; use one of: %(levels)s.",
                    value=value,
                    levels=", ".join(f"{level.code} ({level.id})" for level in levels),
                )
            )
        return found[0].id

    @api.model
    def _read_features(self, value):
        given = value if isinstance(value, list | tuple) else [value]
        features = self.env["kor.feature"].sudo()  # customers choose from it without a right to read it
        features = features.search([])  # pylint: disable=no-search-all  # the catalog is a page
        known = {key: feature.id for feature in features for key in (str(feature.id), feature.code)}
        unknown = [one for one in given if str(one) not in known]
        if unknown:
            raise UserError(
                self.env._("There is no feature “%(value)s” in the catalog; give its code or id.", value=unknown[0])
            )
        return sorted({known[str(one)] for one in given})

    @api.model
    def _get_current_terms(self, order, line, names):
        """Return what the version says of the same terms."""
        current = {}
        for name in names:
            if name in LINE_TERMS and line:
                current[name] = line._kor_get_asked_from(name)
            elif name in ORDER_FIELDS:
                current[name] = order[ORDER_FIELDS[name]]
            elif name == "support_level":
                current[name] = order.kor_support_level_id.id
        return current

    @api.model
    def _get_changes(self, agreed):
        """Return the changes of a new version.

        :param agreed: a list of (line, terms) pairs; a discount without a line is of all lines
        """
        lines, changes = {}, {}
        # Of the whole first: what is agreed on one line is more particular.
        for order_lines, terms in sorted(agreed, key=lambda pair: len(pair[0]), reverse=True):
            for name in LINE_TERMS:
                if name in terms:
                    for line in order_lines:
                        lines.setdefault(line.id, {"line": line.id})[name] = terms[name]
            for name in ("term_months", "uptime_target", "support_level"):
                if name in terms:
                    changes[name] = terms[name]
        if lines:
            changes["lines"] = list(lines.values())
        return changes

    @api.model
    def _get_term_labels(self):
        return {
            "price_unit": self.env._("Unit price"),
            "quantity": self.env._("Quantity"),
            "discount": self.env._("Discount (%)"),
            "term_months": self.env._("Term (months)"),
            "uptime_target": self.env._("Uptime (%)"),
            "support_level": self.env._("Support level"),
            "features": self.env._("Features"),
            "text": self.env._("Wish"),
        }

    @api.model
    def _describe_terms(self, terms, currency):
        """Return the terms in words, in the language of the environment."""
        labels = self._get_term_labels()
        said = [
            self.env._("%(label)s: %(value)s", label=labels[name], value=self._describe_term(name, value, currency))
            for name, value in (terms or {}).items()
            if name != "text"
        ]
        return " · ".join([*said, *([terms["text"]] if terms and terms.get("text") else [])])

    @api.model
    def _describe_term(self, name, value, currency):
        if name == "price_unit":
            return format_price(self.env, value, currency)
        if name == "support_level":
            levels_sudo = self.env["kor.support.level"].sudo()  # the name of one that was agreed is no secret
            return levels_sudo.browse(value).exists().name or self.env._("none")
        if name == "features":
            features_sudo = self.env["kor.feature"].sudo()  # the name of one that was asked for is no secret
            return ", ".join(features_sudo.browse(value).exists().mapped("name"))
        return format_quantity(self.env, value)
