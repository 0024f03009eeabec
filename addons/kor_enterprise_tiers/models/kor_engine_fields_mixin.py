from odoo import api, models
from odoo.exceptions import AccessError


class KorEngineFieldsMixin(models.AbstractModel):
    """Refuse values of fields that an engine writes where a user sends them.

    A field that is declared `readonly` is locked on screens only: other systems could write it. Here it is locked for
    all but the superuser, in whose name engines write.
    """

    _name = "kor.engine.fields.mixin"
    _description = "Fields Written by Engines Only"

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.su:
            return super().create(vals_list)
        self._check_engine_fields({name for vals in vals_list for name in vals})
        # Defaults in the context come from screens of other models, or from somebody who wants to get around this.
        context = {key: value for key, value in self.env.context.items() if not self._is_engine_default(key)}
        cleared = self.with_context(context)  # pylint: disable=context-overridden
        records = super(KorEngineFieldsMixin, cleared).create(vals_list)
        return records.with_env(self.env)

    def write(self, vals):
        if not self.env.su:
            self._check_engine_fields(vals)
        return super().write(vals)

    @api.model
    def _check_engine_fields(self, names):
        """Raise for the first of the fields that is not the user's to write."""
        for name in sorted(names):
            if self._is_engine_field(name):
                raise AccessError(
                    self.env._(
                        "“%(field)s” of %(model)s is not written by hand. %(reason)s",
                        field=self._fields[name].get_description(self.env, ["string"])["string"],
                        model=self._description,
                        reason=self._explain_engine_field(name),
                    )
                )

    @api.model
    def _is_engine_field(self, name):
        field = self._fields.get(name)
        return field is not None and field.readonly

    @api.model
    def _is_engine_default(self, key):
        return key.startswith("default_") and self._is_engine_field(key.removeprefix("default_"))

    @api.model
    def _explain_engine_field(self, name):
        """Return in a sentence what writes a field. Extensible."""
        return self.env._("It follows from facts: change those.")
