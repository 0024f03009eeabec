from odoo import fields, models


class KorContractChange(models.Model):
    _inherit = "kor.contract.change"

    kor_terms_id = fields.Many2one(
        "kor.proposal.terms",
        string="Terms of the Proposal",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The line is added exactly as it was signed: with its price model, quantity and discounts.",
    )

    def _find_add_problem(self):
        terms = self.kor_terms_id
        if terms and terms.order_id.kor_amends_contract_id != self.contract_id:
            return self.env._("these are the terms of a proposal for another contract.")
        return super()._find_add_problem()

    def _apply_add(self, day):
        if not self.kor_terms_id:
            return super()._apply_add(day)
        terms = self.kor_terms_id
        values = terms.order_id._kor_prepare_added_values(terms.order_line_id, self.contract_id)
        self.env["kor.contract.line"]._as_amended().create(
            {
                **values,
                "contract_id": self.contract_id.id,
                "date_start": day,
                "date_end": self.date_end,
                "amendment_id": self.amendment_id.id,
            }
        )
        return None
