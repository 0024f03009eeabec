import math

from odoo import fields, models
from odoo.exceptions import UserError

from .kor_proposal_section_template import PARTS

KNOWN = {
    "lines",
    "options",
    "sections",
    "clauses",
    "term_months",
    "date_start",
    "valid_until",
    "uptime_target",
    "support_level",
    "features",
    "discount",
    "note",
}
LINE_KNOWN = {"line", "charge", "product", "months", "price_unit", "quantity", "discount", "name", "remove"}
TEXT_KNOWN = {"section", "clause", "part", "title", "name", "body", "sequence", "remove"}
ROWS_KNOWN = {"lines": LINE_KNOWN, "options": LINE_KNOWN, "sections": TEXT_KNOWN, "clauses": TEXT_KNOWN}


class SaleOrder(models.Model):
    """Change a proposal by plain JSON: the same words for other systems, for versions and for negotiation."""

    _inherit = "sale.order"  # pylint: disable=consider-merging-classes-inherited

    def customize_proposal(self, customizations):
        """Change a proposal that has not been sent; of a sent one, make the next version with the changes.

        :param customizations: a dict with any of
            `lines`: `[{"line": 7, "price_unit": 25, "quantity": 40, "discount": 5}]`, also by `"charge": 3`;
            a charge of the plan that the proposal lacks is added, `"remove": true` takes a line out,
            `{"product": 5, "name": "Audit", "price_unit": 900, "months": 12}` adds what no plan lists;
            `options`: `[{"line": 9, "quantity": 1}]`, what of the offered options is taken;
            `discount`: a percentage for all lines;
            `sections`: `[{"part": "summary", "title": "Why us", "body": "<p>…</p>"}]`, existing by `"section": id`;
            `clauses`: `[{"clause": 4, "body": "<p>…</p>"}]`, new ones by `name` and `body`;
            `term_months`, `date_start`, `valid_until` (YYYY-MM-DD), `uptime_target` (percent),
            `support_level` (code or id), `features` (codes or ids of those beside the tier's), `note`.
        :return: the id of the proposal that has the changes
        """
        self.ensure_one()
        self.check_access("write")
        if not self.kor_is_proposal:
            raise UserError(self.env._("%(name)s is no proposal. Make one from its lead.", name=self.name))
        self._kor_check_changes(customizations)
        if self.kor_snapshot_hash:
            return self._kor_make_version(customizations).id
        self._kor_customize(customizations)
        return self.id

    def _kor_check_changes(self, changes):
        if not isinstance(changes, dict):
            raise UserError(self.env._('Give the changes as a dict, for example {"term_months": 24}.'))
        unknown = sorted(map(str, set(changes) - KNOWN))
        if unknown:
            raise UserError(
                self.env._(
                    "A proposal does not know “%(unknown)s”. Use any of: %(known)s.",
                    unknown=", ".join(unknown),
                    known=", ".join(sorted(KNOWN)),
                )
            )
        for name, known in ROWS_KNOWN.items():
            rows = changes.get(name, [])
            if not isinstance(rows, list | tuple) or not all(isinstance(row, dict) for row in rows):
                raise UserError(self.env._("“%(name)s” is a list of dicts.", name=name))
            strange = sorted({str(key) for row in rows for key in row} - known)
            if strange:
                raise UserError(
                    self.env._(
                        "“%(name)s” does not know “%(unknown)s”. Use any of: %(known)s.",
                        name=name,
                        unknown=", ".join(strange),
                        known=", ".join(sorted(known)),
                    )
                )

    def _kor_customize(self, changes):
        """Write changes that came as plain JSON. The order of the parts is fixed: terms, lines, texts."""
        self.ensure_one()
        self._kor_check_changes(changes)
        self._kor_check_open()
        values = self._kor_parse_terms(changes)
        if values:
            self.write(values)
        if "discount" in changes:
            percent = self._kor_parse_number(changes["discount"], "discount", 100)
            self.order_line.filtered("kor_terms_id").write({"discount": percent})
        for row in (*changes.get("lines", ()), *changes.get("options", ())):
            self._kor_change_line(row)
        for row in changes.get("sections", ()):
            self._kor_change_text("kor.proposal.section", "kor_section_ids", "section", row)
        for row in changes.get("clauses", ()):
            self._kor_change_text("kor.proposal.clause", "kor_clause_ids", "clause", row)

    def _kor_parse_terms(self, changes):
        terms, values = self.env["kor.counter.offer.terms"], {}
        if "term_months" in changes:
            months = self._kor_parse_number(changes["term_months"], "term_months", 600)
            if months < 1 or months % 1:
                raise UserError(self.env._("A term is a whole number of months, 1 or more."))
            values["kor_term_months"] = int(months)
        for name, field in (("date_start", "kor_date_start"), ("valid_until", "validity_date")):
            if name in changes:
                values[field] = self.env["kor.contract"]._parse_date(changes[name], name)
        if "uptime_target" in changes:
            values["kor_uptime_target"] = self._kor_parse_number(changes["uptime_target"], "uptime_target", 100)
        if "support_level" in changes:
            values["kor_support_level_id"] = terms._read_support_level(changes["support_level"])
        if "features" in changes:
            features = terms._read_features(changes["features"])
            values["kor_feature_ids"] = [fields.Command.set(features)]
        if "note" in changes:
            values["note"] = changes["note"]
        return values

    def _kor_parse_number(self, value, name, highest=None):
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number) or number < 0 or (highest is not None and number > highest):
            text = self.env._("%(name)s must be a number of 0 or more, not “%(value)s”.", name=name, value=value)
            if highest is not None:
                text = self.env._(
                    "%(name)s must be a number from 0 to %(highest)s, not “%(value)s”.",
                    name=name,
                    highest=highest,
                    value=value,
                )
            raise UserError(text)
        return number

    def _kor_change_line(self, row):
        line = self._kor_add_product(row) if "product" in row else self._kor_find_line(row)
        if row.get("remove"):
            line.unlink()
            return
        if "quantity" in row:
            self._kor_change_quantity(line, self._kor_parse_number(row["quantity"], "quantity"))
        if "price_unit" in row:
            line.write({"price_unit": self._kor_parse_number(row["price_unit"], "price_unit")})
        if "discount" in row:
            line.write({"discount": self._kor_parse_number(row["discount"], "discount", 100)})
        if "name" in row:
            line.write({"name": str(row["name"])})
            line.kor_terms_id.name = str(row["name"])

    def _kor_add_product(self, row):
        """Add a line that no plan lists: each so many months, or once."""
        product = self.env["product.product"].browse(row["product"]).exists() if type(row["product"]) is int else None
        if not product:
            raise UserError(self.env._("There is no product with the id %(id)s.", id=row["product"]))
        months = int(self._kor_parse_number(row.get("months", 0), "months", 120))
        line = self.env["sale.order.line"].create(
            {
                "order_id": self.id,
                "product_id": product.id,
                "name": str(row.get("name") or product.display_name),
                "product_uom_qty": 1,
                "price_unit": self._kor_parse_number(row.get("price_unit", product.lst_price), "price_unit"),
                "sequence": self._kor_get_last_sequence(months),
            }
        )
        line.kor_terms_id.write({"charge_type": "fixed" if months else "one_time", "billing_months": months})
        if not self._kor_get_siblings(months) - line:
            self._kor_add_section(line)
        return line

    def _kor_get_siblings(self, months):
        """Return the lines that are no option and due as often, 0: once."""
        return self.order_line.filtered(
            lambda line: (
                line.kor_terms_id
                and not line._is_line_optional()
                and (line.kor_terms_id.billing_months if line.kor_terms_id.charge_type != "one_time" else 0) == months
                and not line.kor_terms_id._is_used()
            )
        )

    def _kor_get_last_sequence(self, months):
        """Return the place of a new line: after those that are due as often, else before the options."""
        siblings = self._kor_get_siblings(months)
        if siblings:
            return max(siblings.mapped("sequence"))
        options = self.order_line.filtered(lambda line: line.display_type == "line_section" and line.is_optional)
        last = max(self.order_line.mapped("sequence"), default=0) + 2
        return min(options.mapped("sequence"), default=last) - 1

    def _kor_add_section(self, line):
        """Put a heading above a line that is due as no other is."""
        order_key, title, _optional = self._kor_get_group(line.kor_terms_id)
        self.env["sale.order.line"].create(
            {
                "order_id": self.id,
                "display_type": "line_section",
                "name": title,
                "sequence": line.sequence - 1,
                "kor_key": f"section-{'-'.join(map(str, order_key))}",
            }
        )

    def _kor_change_quantity(self, line, quantity):
        """Change how many are held: in the terms where there are some, which the native line then shows."""
        terms = line.kor_terms_id
        optional = line._is_line_optional()
        if not terms:
            line.product_uom_qty = quantity
        elif optional and not quantity:
            line.product_uom_qty = 0
        elif optional and terms.charge_type != "per_unit":
            line.product_uom_qty = quantity
        else:
            terms.quantity = quantity
            if optional:
                line.product_uom_qty = terms._prepare_native_values()["product_uom_qty"]

    def _kor_find_line(self, row):
        """Return the line that a change names by its id, or by a charge of the plan; one that lacks is added."""
        lines = self.order_line.filtered(lambda line: not line.display_type)
        if "line" in row:
            found = lines.filtered(lambda line: line.id == row["line"])
        else:
            found = lines.filtered(lambda line: line.kor_charge_id.id == row.get("charge"))[:1]
            charge = self.kor_plan_id.charge_ids.filtered(lambda one: one.id == row.get("charge"))
            if charge and not found:
                last = max(self.order_line.mapped("sequence"), default=0)
                order_sudo = self.sudo()  # sellers offer the discounts of a plan, but may not make any
                found = order_sudo._kor_add_charge(charge, None, last + 1, False).with_env(self.env)
        if not found:
            raise UserError(
                self.env._(
                    "%(proposal)s has no such line. Its lines are: %(known)s.",
                    proposal=self.name,
                    known=", ".join(f"{line.kor_terms_id.name or line.name} ({line.id})" for line in lines),
                )
            )
        return found

    def _kor_change_text(self, model, field, key, row):
        """Change, add or take out a section or a clause."""
        heading = "title" if key == "section" else "name"
        values = {name: row[name] for name in ("body", "sequence") if name in row}
        if row.get(heading):
            values[heading] = row[heading]
        if key == "section" and "part" in row:
            if row["part"] not in dict(PARTS):
                raise UserError(
                    self.env._(
                        "A proposal has no part “%(part)s”. Use one of: %(known)s.",
                        part=row["part"],
                        known=", ".join(dict(PARTS)),
                    )
                )
            values["part"] = row["part"]
        found = self[field].filtered(lambda one: one.id == row.get(key))
        if key in row and not found:
            raise UserError(
                self.env._(
                    "%(proposal)s has no %(kind)s with the id %(id)s.", proposal=self.name, kind=key, id=row[key]
                )
            )
        if row.get("remove"):
            found.unlink()
        elif found:
            found.write(values)
        else:
            self._kor_add_text(model, heading, values)

    def _kor_add_text(self, model, heading, values):
        if not values.get(heading) or not values.get("body"):
            raise UserError(self.env._("A new text needs “%(heading)s” and “body”.", heading=heading))
        self.env[model].create({**values, "order_id": self.id})
