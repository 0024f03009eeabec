from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, formatLang

from odoo.addons.kor_enterprise_tiers.engine.money import to_decimal
from odoo.addons.kor_enterprise_tiers.tools import format_quantity

CHUNK = 200


class KorBillingPreviewMixin(models.AbstractModel):
    """Say before a run what it would bill, and what differs from the last time; nothing is booked."""

    _name = "kor.billing.preview.mixin"
    _description = "Preview of a Run"

    line_ids = fields.One2many("kor.billing.run.line", "run_id", string="Preview", readonly=True)
    date_previewed = fields.Datetime(string="Previewed", readonly=True, copy=False)
    preview_totals = fields.Text(string="Totals", compute="_compute_preview_totals")

    @api.depends("line_ids.amount", "line_ids.currency_id", "line_ids.state")
    @api.depends_context("lang")
    def _compute_preview_totals(self):
        for run in self:
            groups = run.line_ids.filtered(lambda line: line.state == "due").grouped("currency_id")
            run.preview_totals = " · ".join(
                self.env._(
                    "%(currency)s: %(amount)s on %(count)s contracts, last time %(previous)s",
                    currency=currency.name,
                    amount=formatLang(self.env, sum(lines.mapped("amount")), currency_obj=currency),
                    count=len(lines),
                    previous=formatLang(self.env, sum(lines.mapped("previous_amount")), currency_obj=currency),
                )
                for currency, lines in groups.items()
            )

    def action_preview(self):
        """Work out what the run would bill, and what differs from the last time. Nothing is booked.

        :return: a window action on the result
        """
        self.ensure_one()
        self.env["kor.contract"]._check_can_bill()
        if self.state != "draft":
            raise UserError(self.env._("The run has started: what it bills stands on its invoices."))
        self._preview()
        return self.action_open_preview()

    def action_open_preview(self):
        """Open the lines of the preview.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_billing.kor_billing_run_line_action")
        return {**action, "domain": [("run_id", "=", self.id)]}

    def _preview(self):
        line_sudo = self.env["kor.billing.run.line"].sudo()  # the lines are written by the preview only
        line_sudo.search([("run_id", "=", self.id)]).unlink()
        parked = self._get_parked_contracts()
        due = self._get_due_contracts().with_company(self.company_id) - parked
        line_sudo.create([self._prepare_parked_line(contract) for contract in parked])
        for start in range(0, len(due), CHUNK):
            # A chunk at a time, and forgotten then: a large company does not fit into memory at once.
            some = due.browse(due[start : start + CHUNK].ids)
            line_sudo.create(self._prepare_preview_lines(some))
            line_sudo.flush_model()
            self.env.invalidate_all()
        self.sudo().date_previewed = fields.Datetime.now()  # written by the preview only

    def _get_parked_contracts(self):
        found = self.env["kor.contract"].search(
            [("company_id", "=", self.company_id.id), ("billing_retry_date", ">", fields.Date.context_today(self))]
        )
        return found & self.contract_ids if self.contract_ids else found

    def _prepare_parked_line(self, contract):
        contract_sudo = contract.sudo()  # whoever previews a run reads why contracts are left out of it
        parked = contract_sudo.parking_ids.filtered(lambda one: not one.date_mended)[:1]
        return {
            **self._prepare_line_head(contract),
            "state": "parked",
            "kind": parked.kind or "error",
            "reason": parked.reason or contract.billing_error,
        }

    def _prepare_line_head(self, contract):
        return {
            "run_id": self.id,
            "contract_id": contract.id,
            "partner_id": contract.partner_id.id,
            "currency_id": contract.currency_id.id,
        }

    def _prepare_preview_lines(self, contracts):
        """Return the values of the lines of some contracts; one that fails has its reason."""
        try:
            open_slices = contracts._get_open_slices(self._get_windows(contracts))
        except UserError as error:
            if len(contracts) == 1:
                return [self._prepare_left_out(contracts, "error", str(error))]
            middle = len(contracts) // 2
            halves = (contracts[:middle], contracts[middle:])
            return [vals for half in halves for vals in self._prepare_preview_lines(half)]
        due = {contract: slices for contract, slices in open_slices.items() if slices}
        obstacles = contracts._get_obstacles(due)
        previous = self._get_previous_items(contracts)
        lines = []
        for contract, slices in due.items():
            slices = slices if contract in obstacles else contract._hold_back(slices)
            if slices:
                vals = self._prepare_preview_line(contract, slices, previous[contract.id])
                lines.append({**vals, **self._prepare_obstacle(obstacles.get(contract))})
        return lines

    def _prepare_left_out(self, contract, kind, reason):
        return {**self._prepare_line_head(contract), **self._prepare_obstacle((kind, reason))}

    @api.model
    def _prepare_obstacle(self, obstacle):
        return {"state": "parked", "kind": obstacle[0], "reason": obstacle[1]} if obstacle else {}

    @api.model
    def _get_previous_items(self, contracts):
        """Return by contract and line what was billed last, of the line or those that it goes on from."""
        items_sudo = self.env["kor.billing.item"].sudo()  # whoever previews a run may read what was billed
        items_sudo.flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT ON (COALESCE(line.root_id, line.id)) item.id
                     FROM kor_billing_item item JOIN kor_contract_line line ON line.id = item.contract_line_id
                    WHERE item.contract_id IN %s AND item.state = 'booked' AND item.revision = 0
                    ORDER BY COALESCE(line.root_id, line.id), item.period_start DESC, item.date_start DESC""",
                tuple(contracts.ids),
            )
        )
        found = defaultdict(dict)
        for item in items_sudo.browse([row[0] for row in rows]):
            found[item.contract_id.id][item.contract_line_id._get_root().id] = item
        return found

    def _prepare_preview_line(self, contract, slices, previous):
        drawn = float(sum(draw.amount for draw in contract._get_draws(slices)))
        amount = float(sum(one.difference for one in slices)) - drawn
        keys = {one.line.root for one in slices if one.difference == one.amount}
        before = sum(item.amount for key, item in previous.items() if key in keys)
        changes = self._explain_changes(contract, slices, previous)
        if drawn:
            sum_ = formatLang(self.env, drawn, currency_obj=contract.currency_id)
            changes.append(self.env._("Prepaid credit pays %(amount)s.", amount=sum_))
        return {
            **self._prepare_line_head(contract),
            "date_from": min(one.start for one in slices),
            "date_to": max(one.end for one in slices) - timedelta(days=1),
            "line_count": sum(1 for one in slices if contract._is_shown(one)),
            "amount": amount,
            "prepaid": drawn,
            "previous_amount": before,
            "difference": amount - before,
            "changes": "\n".join(dict.fromkeys(changes)),
        }

    def _explain_changes(self, contract, slices, previous):
        return [
            sentence
            for one in slices
            for sentence in [self._explain_change(contract, one, previous.get(one.line.root))]
            if sentence
        ]

    def _explain_change(self, contract, one, item):
        """Return what differs between a slice and the last one of its contract line, or nothing."""
        name = contract._get_line(one).name
        if one.difference != one.amount:
            sum_ = formatLang(self.env, float(one.difference), currency_obj=contract.currency_id)
            if one.line.charge_type == "usage":
                return self.env._("%(name)s: correction of %(amount)s by late use.", name=name, amount=sum_)
            return self.env._("%(name)s: correction of %(amount)s.", name=name, amount=sum_)
        if not item:
            return self.env._("%(name)s: new line.", name=name)
        if one.difference == to_decimal(item.amount):
            return ""
        before, now = item.explanation or {}, one.explain()
        return self._compare_facts(name, before, now) or self.env._("%(name)s: changed.", name=name)

    def _compare_facts(self, name, before, now):
        """Say what led to another amount: use or quantity, price, days, or discounts."""
        old, new = before.get("price", {}), now["price"]
        if old.get("quantity") != new["quantity"]:
            held, holds = (format_quantity(self.env, round(one.get("quantity", 0), 6)) for one in (old, new))
            values = {"name": name, "before": held, "now": holds}
            if now["charge_type"] != "usage":
                return self.env._("%(name)s: quantity %(before)s → %(now)s.", **values)
            if new["quantity"] > old.get("quantity", 0):
                return self.env._("%(name)s: more use, %(before)s → %(now)s.", **values)
            return self.env._("%(name)s: less use, %(before)s → %(now)s.", **values)
        if [self._get_rate(step) for step in old.get("steps", ())] != [self._get_rate(step) for step in new["steps"]]:
            return self.env._("%(name)s: other price.", name=name)
        if before.get("share") != now["share"]:
            return self.env._("%(name)s: other share of the period.", name=name)
        if before.get("discounts") != now.get("discounts"):
            return self.env._("%(name)s: other discounts.", name=name)
        return ""

    @api.model
    def _get_rate(self, step):
        return step.get("unit_price"), step.get("flat_amount")
