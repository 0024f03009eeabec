from odoo import api, models
from odoo.exceptions import UserError

# In the context of what the machinery writes. An object: no caller from outside can send one.
ENGINE = object()


class KorInfrastructureGuardMixin(models.AbstractModel):
    """Keep what is measured from being written by anybody but what measures it."""

    _name = "kor.infrastructure.guard.mixin"
    _description = "Guard of Measured Fields"

    @api.model
    def _get_engine_fields(self):
        """Return the names of fields that nobody writes by hand."""
        return frozenset()

    def _as_engine(self):
        return self.with_context(kor_infrastructure=ENGINE)

    @api.model_create_multi
    def create(self, vals_list):
        self._check_engine_fields(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._check_engine_fields([vals])
        return super().write(vals)

    @api.model
    def _check_engine_fields(self, vals_list):
        if self.env.context.get("kor_infrastructure") is ENGINE:
            return
        for name in self._get_engine_fields():
            if any(name in vals for vals in vals_list):
                raise UserError(
                    self.env._(
                        "“%(field)s” of “%(model)s” is not written by hand: it follows from what is done and measured.",
                        field=self._fields[name].get_description(self.env, ["string"])["string"],
                        model=self._description,
                    )
                )


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
