from odoo import api, fields, models

from odoo.addons.kor_enterprise_tiers.tools import open_form

KINDS = [
    ("manual", "Posted by hand"),
    ("reversal", "Reverses a close"),
    ("no_contract", "Without contract"),
    ("no_schedule", "Without schedule"),
    ("changed", "Changed after its close"),
    ("not_posted", "Not posted"),
    ("no_entry", "Without entry"),
    ("misplaced", "On another account"),
]


class KorRevenueControlOffender(models.TransientModel):  # pylint: disable=no-wizard-in-models  # a line of the report
    """An entry that schedules and ledger disagree about, and why."""

    _name = "kor.revenue.control.offender"
    _description = "Entry that Disagrees with Schedules"

    control_id = fields.Many2one("kor.revenue.control", required=True, index=True, ondelete="cascade")
    currency_id = fields.Many2one(related="control_id.company_id.currency_id")
    kind = fields.Selection(KINDS, string="Why", readonly=True)
    move_id = fields.Many2one("account.move", string="Journal Entry", readonly=True)
    account_id = fields.Many2one("account.account", readonly=True)
    difference = fields.Monetary(readonly=True, help="What it adds to the difference of its account, as a debit.")
    sentence = fields.Text(string="What is wrong", readonly=True)

    def action_open_move(self):
        """Open the entry.

        :return: a window action
        """
        self.ensure_one()
        return open_form(self.move_id)

    @api.model
    def _describe_lines(self, company, rows):
        """Return lines that no contract and no close stands behind, each with how many there are in all."""
        lines = self.env["account.move.line"].browse([row["line_id"] for row in rows])
        origins = self.env["account.move"].browse([row["reversed_id"] for row in rows if row["reversed_id"]])
        result = []
        for row, line in zip(rows, lines, strict=True):
            origin = origins.browse(row["reversed_id"] or ()).with_prefetch(origins.ids)
            if origin:
                kind = "reversal"
            elif row["move_type"] not in ("out_invoice", "out_refund", "out_receipt"):
                kind = "manual"
            else:
                kind = "no_schedule" if row["contract_id"] else "no_contract"
            contract = self.env["kor.contract"].browse(row["contract_id"] or ())
            values = {
                "entry": line.move_id.name,
                "date": line.date,
                "amount": line.company_currency_id.format(line.balance),
                "account": line.account_id.code,
                "user": line.move_id.create_uid.name,
                "origin": origin.name or "",
                "contract": contract.name or "",
            }
            sentence = self._get_line_sentence(kind, values)
            result.append(self._describe(company, "line", kind, line.move_id, line.account_id, row, sentence))
        return result

    @api.model
    def _get_line_sentence(self, kind, values):
        if kind == "reversal":
            return self.env._(
                "%(entry)s of %(date)s reverses %(origin)s, an entry of a close, by %(amount)s on %(account)s: the "
                "slices still say that it is recognised. Reverse the reversal.",
                **values,
            )
        if kind == "manual":
            return self.env._(
                "%(entry)s of %(date)s was posted by hand by %(user)s: %(amount)s on %(account)s, which no contract "
                "stands behind.",
                **values,
            )
        if kind == "no_schedule":
            return self.env._(
                "%(entry)s of %(date)s charges %(amount)s on %(account)s for contract %(contract)s, which has no "
                "schedule on that account.",
                **values,
            )
        return self.env._(
            "Invoice %(entry)s of %(date)s charges %(amount)s on %(account)s without a contract: nothing will ever "
            "recognise it.",
            **values,
        )

    @api.model
    def _describe_entries(self, company, rows):
        """Return entries of closes that say something else than their slices."""
        moves = self.env["account.move"].browse([row["move_id"] for row in rows])
        accounts = self.env["account.account"].with_company(company)
        result = []
        for row, move in zip(rows, moves, strict=True):
            account = accounts.browse(row["account_id"] or ())
            values = {
                "entry": move.name or self.env._("a draft"),
                "booked": company.currency_id.format(row["booked"]),
                "said": company.currency_id.format(row["said"]),
                "account": account.code or self.env._("exchange differences"),
            }
            if move.state != "posted":
                kind = "not_posted"
                sentence = self.env._(
                    "%(entry)s holds %(said)s on %(account)s that a close recognised, and is not posted.", **values
                )
            else:
                kind = "changed"
                sentence = self.env._(
                    "%(entry)s of a close books %(booked)s on %(account)s, where its slices say %(said)s: it was "
                    "changed afterwards.",
                    **values,
                )
            result.append(self._describe(company, "entry", kind, move, account, row, sentence))
        return result

    @api.model
    def _describe_facts(self, company, rows):
        """Return what was recognised without an entry."""
        accounts = self.env["account.account"].with_company(company)
        result = []
        for row in rows:
            account = accounts.browse(row["account_id"] or ())
            sentence = self.env._(
                "A close of %(date)s recognised %(said)s on %(account)s, and no entry books it.",
                date=row["date"],
                said=company.currency_id.format(row["said"]),
                account=account.code or self.env._("exchange differences"),
            )
            move = self.env["account.move"]
            result.append(self._describe(company, "fact", "no_entry", move, account, row, sentence))
        return result

    @api.model
    def _describe_misplaced(self, company, rows):
        """Return invoice lines that stand elsewhere than their schedule says."""
        lines = self.env["account.move.line"].browse([row["line_id"] for row in rows])
        accounts = self.env["account.account"].with_company(company)
        result = []
        for row, line in zip(rows, lines, strict=True):
            sentence = self.env._(
                "%(entry)s of %(date)s charges %(amount)s on %(account)s; its schedule expects it on %(right)s, so "
                "that closes count it as not billed.",
                entry=line.move_id.name,
                date=line.date,
                amount=line.company_currency_id.format(line.balance),
                account=line.account_id.code,
                right=accounts.browse(row["deferral_account_id"]).code,
            )
            # Both sides leave it out: it is wrong, and no difference.
            row = {**row, "difference": 0}
            result.append(
                self._describe(company, "misplaced", "misplaced", line.move_id, line.account_id, row, sentence)
            )
        return result

    @api.model
    def _describe(self, company, source, kind, move, account, row, sentence):
        return (
            {
                "company": company.name,
                "source": source,
                "kind": kind,
                "move": move.name or "",
                "move_id": move.id,
                "account_id": account.id,
                "account": f"{account.code} {account.name}" if account else "",
                "difference": company.currency_id.round(float(row["difference"])),
                "sentence": sentence,
            },
            row["found"],
        )
