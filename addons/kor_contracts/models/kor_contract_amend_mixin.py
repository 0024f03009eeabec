from odoo import api, fields, models
from odoo.exceptions import UserError

from .kor_contract_lifecycle_mixin import AMENDING


class KorContractAmendMixin(models.AbstractModel):
    """Change what was agreed, as of a day: each change is a new fact, and the past stays as it was."""

    _name = "kor.contract.amend.mixin"
    _description = "Amendments of a Contract"

    amendment_ids = fields.One2many("kor.contract.amendment", "contract_id", string="Amendments")
    amendment_count = fields.Integer(compute="_compute_amendment_count")
    transferred_from_id = fields.Many2one(
        "kor.contract", string="Taken over from", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    transferred_to_ids = fields.One2many("kor.contract", "transferred_from_id", string="Handed over to")

    @api.depends("amendment_ids")
    def _compute_amendment_count(self):
        for contract in self:
            contract.amendment_count = len(contract.amendment_ids)

    def amend(self, date_effective, changes, note=""):
        """Draft a change of what was agreed. It can be previewed, and holds once it is agreed.

        :param date_effective: the first day on which it holds, as YYYY-MM-DD; it may lie in the past
        :param changes: a list of dicts with `kind` and what that kind needs, for example
            `[{"kind": "quantity", "line": 7, "quantity": 30}, {"kind": "add", "charge": 4, "quantity": 1}]`
        :param note: why, in a sentence
        :return: the id of the amendment
        """
        self.ensure_one()
        self.check_access("write")
        if not isinstance(changes, list | tuple) or not all(isinstance(change, dict) for change in changes):
            raise UserError(
                self.env._('Give the changes as a list, for example [{"kind": "quantity", "line": 7, "quantity": 30}].')
            )
        day = self._parse_date(date_effective, "date_effective")
        change_model = self.env["kor.contract.change"]
        amendment = self.env["kor.contract.amendment"].create(
            {
                "contract_id": self.id,
                "date_effective": day,
                "note": note,
                "change_ids": [fields.Command.create(change_model._parse(self, change)) for change in changes],
            }
        )
        return amendment.id

    def as_of(self, date):
        """Tell what holds on a day: the lines with their terms, and what they bring each month.

        :param date: a day as YYYY-MM-DD
        :return: a dict
        """
        self.ensure_one()
        self.check_access("read")
        day = self._parse_date(date, "date")
        is_over = self._is_over_on(day)
        lines = self.line_ids.filtered(lambda line: not is_over and line._runs_at(day))
        return {
            "contract": self.name,
            "date": fields.Date.to_string(day),
            "runs": self._runs_on(day),
            "tier": self._get_tier_at(day).code or "",
            "customer": self.partner_id.display_name,
            "mrr": 0.0 if is_over else float(self._get_monthly_revenue(day)),
            "lines": [line._as_plain() for line in lines],
        }

    def _is_over_on(self, day):
        """Tell whether a day lies after the last one; one that renews itself goes on."""
        if self.date_cancelled:
            return day > self.date_cancelled
        return bool(self.date_end and day > self.date_end and not self._renews_itself())

    def _get_tier_at(self, day):
        """Return the tier that held on a day: the one before the first change after it, else today's."""
        later = self.amendment_ids.filtered(
            lambda one: one.state == "applied" and one.date_effective > day and one.tier_before_id
        )
        first = later.sorted(lambda one: (one.date_effective, one.id))[:1]
        return first.tier_before_id or self.tier_id

    def _note_amended(self, amendment):
        """Tell whoever follows the contract what has changed. Extensible, for what depends on the terms."""
        self.message_post(
            body=self.env._(
                "Amendment %(name)s holds from %(day)s: %(summary)s",
                name=amendment.name,
                day=amendment.date_effective,
                summary=amendment.summary,
            )
        )

    def _take_tier(self):
        """Take over limits, features and service of the tier, after it has changed."""
        for contract in self._as_amended():
            contract.limit_ids.unlink()
            contract.feature_ids = contract.tier_id.all_feature_ids
            contract._copy_catalog()
            contract.write(
                {
                    "support_level_id": contract.tier_id.support_level_id.id,
                    "uptime_target": contract.tier_id.uptime_target,
                }
            )

    def _as_amended(self):
        return self.with_context(kor_amending=AMENDING)

    def action_open_amendments(self):
        """Open the contract's amendments.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_contracts.kor_contract_amendment_action")
        return {
            **action,
            "domain": [("contract_id", "=", self.id)],
            "context": {"default_contract_id": self.id},
        }
