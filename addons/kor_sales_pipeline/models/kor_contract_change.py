from markupsafe import Markup

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

    kind = fields.Selection(selection_add=[("kor_service", "Service and clauses")], ondelete={"kor_service": "cascade"})
    kor_order_id = fields.Many2one(
        "sale.order",
        string="Proposal",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Its uptime, support level, features and clauses are taken over as they were signed.",
    )

    def _describe(self):
        if self.kind == "kor_service":
            return self.env._("as in %(proposal)s", proposal=self.kor_order_id._kor_version_label())
        return super()._describe()

    def _find_kor_service_problem(self):
        if self.kor_order_id.kor_amends_contract_id == self.contract_id:
            return ""
        return self.env._("choose a proposal for this contract.")

    def _apply_kor_service(self, day):
        contract, order = self.contract_id._as_amended(), self.kor_order_id
        contract.write(
            {
                "uptime_target": order.kor_uptime_target,
                "support_level_id": order.kor_support_level_id.id,
                "feature_ids": [fields.Command.link(one.id) for one in order.kor_feature_ids],
            }
        )
        last = max(contract.clause_ids.mapped("sequence"), default=0)
        for clause in order._kor_get_other_clauses(contract):
            # The text that held until now stays in the documents that were signed before, and in the messages.
            same = contract.clause_ids.filtered(lambda one, clause=clause: one.name == clause.name)[:1]
            if same:
                said = self.env._("The clause “%(name)s” is amended. It said until then:", name=same.name)
                contract._message_log(body=Markup("<p>%s</p>%s") % (said, same.body))
                same._write_agreed({"body": clause.body})
                continue
            last += 10
            values = {"clause_id": clause.clause_id.id, "name": clause.name, "body": clause.body, "sequence": last}
            contract.clause_ids.create({**values, "contract_id": contract.id})

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
