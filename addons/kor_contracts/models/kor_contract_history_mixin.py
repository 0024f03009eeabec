from odoo import api, fields, models


class KorContractHistoryMixin(models.AbstractModel):
    """Show what runs now apart from what was agreed before, and how one came from the other."""

    _name = "kor.contract.history.mixin"
    _description = "History of a Contract"

    current_line_ids = fields.Many2many(
        "kor.contract.line",
        string="Current Lines",
        compute="_compute_current_line_ids",
        help="Those that run today, and those that begin later.",
    )
    past_line_count = fields.Integer(compute="_compute_current_line_ids")
    history_html = fields.Html(string="Lines as They Were", compute="_compute_history_html", sanitize=False)

    @api.depends("line_ids.date_start", "line_ids.date_end", "line_ids.ended_by_id", "tz")
    def _compute_current_line_ids(self):
        for contract in self:
            today = contract._get_today()
            current = contract.line_ids.filtered(
                lambda line, today=today: not line._is_void() and not line._is_over_on(today)
            )
            contract.current_line_ids = current
            contract.past_line_count = len(contract.line_ids - current)

    @api.depends("line_ids.date_start", "line_ids.date_end", "line_ids.ended_by_id", "line_ids.root_id")
    @api.depends_context("lang")
    def _compute_history_html(self):
        for contract in self:
            values = {"chains": contract._get_chains(), "today": contract._get_today()}
            html = (
                self.env["ir.qweb"]._render("kor_contracts.contract_history", values) if contract.amendment_ids else ""
            )
            contract.history_html = html

    def _get_chains(self):
        """Return the lines in groups of those that go on from each other."""
        lines = self.line_ids.filtered(lambda line: not line._is_void())
        chains = lines.grouped(lambda line: line._get_root())
        return [chain.sorted(lambda line: (line.date_start, line.id)) for chain in chains.values()]

    def action_amend(self):
        """Start an amendment as of today.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("kor_contracts.kor_contract_amendment_action")
        return {
            **action,
            "name": self.env._("Amend %(contract)s", contract=self.name),
            "views": [(False, "form")],
            "view_mode": "form",
            "context": {
                "default_contract_id": self.id,
                "default_date_effective": fields.Date.to_string(self._get_reference_day()),
            },
        }
