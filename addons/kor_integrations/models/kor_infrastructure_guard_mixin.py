from odoo import api, models
from odoo.exceptions import UserError


class KorInfrastructureGuardMixin(models.AbstractModel):
    """Keep what is measured from being written by anybody but what measures it."""

    _name = "kor.infrastructure.guard.mixin"
    _inherit = ["kor.engine.fields.mixin"]
    _description = "Guard of Measured Fields"

    @api.model
    def _get_engine_fields(self):
        """Return the names of fields that nobody writes by hand. Extensible."""
        return frozenset()

    @api.model
    def _is_engine_field(self, name):
        return super()._is_engine_field(name) or name in self._get_engine_fields()

    @api.model
    def _explain_engine_field(self, name):
        return self.env._("It follows from what is done and measured.")

    def _as_engine(self):
        return self.sudo()  # what is measured is written for whoever caused it


class KorInfrastructureFactMixin(models.AbstractModel):
    """Keep facts as they were noted: a change is a new fact with a later day."""

    _name = "kor.infrastructure.fact.mixin"
    _description = "Fact about a Resource"
    _order = "date_from desc, id desc"

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(
            self.env._("What was noted stays as it is: add a line with the day from which something else holds.")
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._("What was noted is not deleted: add a line with the day from which something else holds.")
        )
