from odoo import api, fields, models


class KorDiscount(models.Model):
    _inherit = "kor.discount"

    contract_id = fields.Many2one("kor.contract", index="btree_not_null", ondelete="cascade")
    contract_line_id = fields.Many2one("kor.contract.line", index="btree_not_null", ondelete="cascade")

    @api.model_create_multi
    def create(self, vals_list):
        discounts = super().create(vals_list)
        discounts._check_contract_open()
        return discounts

    def write(self, vals):
        self._check_contract_open()
        result = super().write(vals)
        if set(self._get_owner_fields()) & set(vals):
            # The owner to which it is moved has to be open, and within reach, as well.
            self.check_access("write")
            self._check_contract_open()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_agreed(self):
        self._check_contract_open()

    def _check_contract_open(self):
        (self.contract_id | self.contract_line_id.contract_id)._check_open(self._description)

    @api.model
    def _get_owner_fields(self):
        return [*super()._get_owner_fields(), "contract_id", "contract_line_id"]

    def _prepare_copy_commands(self):
        """Return commands that give another owner the same discounts."""
        without_owner = dict.fromkeys(self._get_owner_fields(), False)
        return [fields.Command.create(values) for values in self.copy_data(without_owner)]

    def _describe_whole(self):
        """Return what a discount on the whole is taken off: a percentage of everything, an amount of what recurs."""
        self.ensure_one()
        return self.env._("All fees") if self.kind == "percent" else self.env._("All recurring fees")

    def _get_engine_discounts(self):
        return [discount._get_engine_discount() for discount in self]
