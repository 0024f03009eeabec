from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount
from odoo.tools.mail import html_to_inner_content

from odoo.addons.kor_enterprise_tiers.tools import open_form

from ..engine.fingerprint import fingerprint
from ..groups import STAFF
from .kor_proposal_section_template import PARTS


class SaleOrder(models.Model):
    """Versions: what is sent is frozen, and a change makes the next one."""

    _inherit = "sale.order"  # pylint: disable=consider-merging-classes-inherited

    kor_difference_ids = fields.Json(string="Differences", compute="_compute_kor_difference_ids", groups=STAFF)
    kor_difference_html = fields.Html(
        string="Changes against the Previous Version", compute="_compute_kor_difference_ids", sanitize=False,
        groups=STAFF, help="Rendered from a template of this addon, which escapes every value.",
    )  # fmt: skip

    def _compute_kor_difference_ids(self):
        for order in self:
            rows = order._kor_compare(order.kor_previous_id) if order.kor_previous_id else []
            order.kor_difference_ids = rows
            order.kor_difference_html = rows and self.env["ir.qweb"]._render(
                "kor_sales_pipeline.kor_proposal_differences", {"rows": rows}
            )

    def compare_versions(self, other=False):
        """Tell what differs between two versions of a proposal.

        :param other: the id of the other version; without it, the previous one
        :return: a list of dicts with `area`, `what`, `before` and `after`
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user._is_internal():
            raise UserError(self.env._("Only staff can compare versions."))
        if other and (isinstance(other, bool) or not isinstance(other, int)):
            raise UserError(self.env._("The other version is the id of a proposal, not “%(value)s”.", value=other))
        before = self.browse(other).exists() if other else self.kor_previous_id
        if not before:
            raise UserError(self.env._("%(proposal)s has no earlier version to compare with.", proposal=self.name))
        before.check_access("read")
        return self._kor_compare(before)

    def action_kor_make_version(self):
        """Make the next version of a proposal and open it.

        :return: a window action
        """
        self.ensure_one()
        self.check_access("write")
        return open_form(self._kor_make_version({}))

    def action_kor_open_versions(self):
        """Open all versions of the proposal.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_sales_pipeline.kor_proposal_action")
        return {**action, "domain": [("id", "in", self._kor_get_versions().ids)], "context": {}}

    def _kor_get_versions(self):
        """Return all versions of the proposal, the first one first."""
        self.ensure_one()
        first, versions = self, self.browse()
        while first.kor_previous_id:
            first = first.kor_previous_id
        while first and first not in versions:
            versions += first
            first = first.kor_next_id
        return versions

    def _kor_make_version(self, changes):
        """Return the next version with changes as `customize_proposal` takes them; it supersedes this one.

        What the changes name by id are lines, sections and clauses of this version.
        """
        self.ensure_one()
        self.lock_for_update()
        self._kor_check_can_follow()
        version = self.sudo()._kor_frozen().copy(self._kor_prepare_version_values())  # in sudo: see copy()
        self.sudo()._kor_frozen().kor_next_id = version.id  # in sudo: only the link, which says what has happened
        version = version.with_env(self.env)
        if changes:
            version._kor_customize(self._kor_translate(changes, version))
        self.message_post(body=self.env._("Superseded by version %(version)s.", version=version.kor_version))
        return version

    def _kor_prepare_version_values(self):
        first = self._kor_get_versions()[:1]
        return {
            "name": f"{first.name}-{self.kor_version + 1}",
            "kor_version": self.kor_version + 1,
            "kor_previous_id": self.id,
            "origin": self.origin,
            "opportunity_id": self.opportunity_id.id,
            "date_order": fields.Datetime.now(),
            "validity_date": self._kor_get_next_validity(),
            "currency_id": self.currency_id.id,
            "kor_uptime_target": self.kor_uptime_target,
            "kor_support_level_id": self.kor_support_level_id.id,
        }

    def _kor_check_can_follow(self):
        if not self.kor_is_proposal or self.state not in ("draft", "sent"):
            raise UserError(
                self.env._("%(name)s is no open proposal, so there is no next version of it.", name=self.name)
            )
        if self.kor_next_id:
            raise UserError(
                self.env._(
                    "%(proposal)s was followed by version %(version)s already. Change that one.",
                    proposal=self.name,
                    version=self.kor_next_id.kor_version,
                )
            )

    def _kor_get_next_validity(self):
        today = fields.Date.context_today(self)
        if self.validity_date and self.validity_date >= today:
            return self.validity_date
        return fields.Date.add(today, days=self.company_id.quotation_validity_days or 30)

    def _kor_translate(self, changes, version):
        """Return changes whose ids name the records of another version."""
        translated = dict(changes)
        lines = {line.kor_key: line.id for line in version.order_line if line.kor_key}
        for name, field, key in (
            ("lines", "order_line", "line"),
            ("sections", "kor_section_ids", "section"),
            ("clauses", "kor_clause_ids", "clause"),
        ):
            if not isinstance(changes.get(name), list | tuple):
                continue
            old, new = self.sudo()[field].sorted("id"), version.sudo()[field].sorted("id")  # in sudo: ids only
            ids = dict(zip(old.ids, new.ids, strict=False))
            if name == "lines":
                ids = {line.id: lines.get(line.kor_key) for line in self.order_line}
            translated[name] = [
                {**one, key: ids.get(one[key], one[key])} if isinstance(one, dict) and key in one else one
                for one in changes[name]
            ]
        return translated

    def _kor_freeze(self):
        """Keep what has been sent, with its fingerprint."""
        for order in self.filtered(lambda one: one.kor_is_proposal and not one.kor_snapshot_hash):
            content = order.sudo()._kor_build_content()  # in sudo: see _kor_get_content
            order.sudo()._kor_frozen().write(  # in sudo: evidence, which nobody writes by hand
                {
                    "kor_snapshot": content,
                    "kor_snapshot_hash": fingerprint(content),
                    "kor_sent_on": fields.Datetime.now(),
                }
            )

    def _kor_compare(self, before):
        """Return the rows of what differs from another version."""
        old, new = before.sudo()._kor_get_content(), self.sudo()._kor_get_content()  # in sudo: rights were checked
        rows = [*self._kor_compare_terms(old, new), *self._kor_compare_lines(old, new)]
        titles = dict(PARTS)
        for name, area in {"sections": self.env._("Text"), "clauses": self.env._("Clauses")}.items():
            rows += self._kor_compare_texts(area, old[name], new[name], titles)
        return rows

    def _kor_compare_terms(self, old, new):
        labels = {
            "plan": self.env._("Plan"),
            "tier": self.env._("Tier"),
            "term_months": self.env._("Term (months)"),
            "date_start": self.env._("Start"),
            "date_end": self.env._("End"),
            "payment_terms": self.env._("Payment terms"),
        }
        area = self.env._("Terms")
        rows = [_row(area, label, old[name], new[name]) for name, label in labels.items() if old[name] != new[name]]
        service = [{one["label"]: one["text"] for one in content["sla"]} for content in (old, new)]
        for label in dict.fromkeys([*service[0], *service[1]]):
            if service[0].get(label) != service[1].get(label):
                rows.append(_row(self.env._("Service"), label, service[0].get(label), service[1].get(label)))
        features = [{one["category"]: ", ".join(one["names"]) for one in content["features"]} for content in (old, new)]
        for label in dict.fromkeys([*features[0], *features[1]]):
            if features[0].get(label) != features[1].get(label):
                rows.append(_row(self.env._("Features"), label, features[0].get(label), features[1].get(label)))
        return rows

    def _kor_compare_lines(self, old, new):
        area, rows = self.env._("Pricing"), []
        sides = [
            {line["key"]: line for group in content["groups"] for line in group["lines"]} for content in (old, new)
        ]
        for key in dict.fromkeys([*sides[0], *sides[1]]):
            before, after = sides[0].get(key), sides[1].get(key)
            texts = [self._kor_describe_compared(line) for line in (before, after)]
            if texts[0] != texts[1]:
                rows.append(_row(area, (after or before)["name"], *texts))
        labels = {
            "monthly": self.env._("Each month"),
            "yearly": self.env._("Each year"),
            "one_time": self.env._("Once"),
            "term": self.env._("Over the term"),
        }
        for name, label in labels.items():
            if old["totals"][name] != new["totals"][name]:
                amounts = [format_amount(self.env, one["totals"][name], self.currency_id) for one in (old, new)]
                rows.append(_row(area, label, *amounts))
        return rows

    def _kor_describe_compared(self, line):
        if not line:
            return ""
        parts = [line["held"], line["price"], format_amount(self.env, line["amount"], self.currency_id)]
        if line["discount"]:
            parts.insert(2, self.env._("%(percent)g %% off", percent=line["discount"]))
        return ", ".join([*filter(None, parts), *line["discounts"]])

    def _kor_compare_texts(self, area, old, new, titles):
        rows = []
        sides = [
            {(one.get("part", ""), one.get("title") or one.get("name")): one for one in side} for side in (old, new)
        ]
        for key in dict.fromkeys([*sides[0], *sides[1]]):
            before, after = (
                " ".join(html_to_inner_content(side[key]["body"]).split()) if key in side else "" for side in sides
            )
            if before != after:
                rows.append(_row(area, key[1] or titles.get(key[0], ""), before, after))
        return rows


def _row(area, what, before, after):
    """Return one difference as plain JSON."""
    return {"area": area, "what": what, "before": str(before or ""), "after": str(after or "")}
