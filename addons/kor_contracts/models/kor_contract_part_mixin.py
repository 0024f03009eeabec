from odoo import api, models


class KorContractPartMixin(models.AbstractModel):
    """Freeze what belongs to a contract once the contract has been agreed.

    A part has `contract_id`. Writes that the suite itself makes on an agreed contract go through
    `_write_agreed`, which stands below this guard.
    """

    _name = "kor.contract.part.mixin"
    _inherit = ["kor.input.mixin"]
    _description = "Part of a Contract"

    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        parts._check_contract_open()
        return parts

    def write(self, vals):
        frozen = self._get_frozen_fields() & set(vals)
        if frozen:
            self._check_contract_open()
        result = super().write(vals)
        if {"contract_id", "line_id"} & frozen:
            # The contract into which a part is moved has to be open, and within reach, as well.
            self.check_access("write")
            self._check_contract_open()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_agreed(self):
        self._check_contract_open()

    @api.model
    def _get_frozen_fields(self):
        """Return the fields that cannot be written once the contract is agreed. Extensible."""
        return set(self._fields) - {"sequence"}

    def _write_agreed(self, vals):
        # Past the guard of this class only: all other overrides hold.
        return super().write(vals)  # pylint: disable=super-method-mismatch

    def _check_contract_open(self):
        self.contract_id._check_open(self._description)
