import math

from odoo import api, models
from odoo.exceptions import UserError

from ..tools import parse_day

# What PostgreSQL's integer columns hold.
LARGEST_INTEGER = 2**31 - 1


class KorInputMixin(models.AbstractModel):
    """Refuse unusable plain values with a sentence before the ORM sees them.

    Other systems send strings for numbers, ids that do not exist and selection keys that are spelt
    wrongly. The ORM answers these with a traceback, PostgreSQL with a constraint's name; this mixin
    says what is wrong and what would be right, and nothing has been written by then.
    """

    _name = "kor.input.mixin"
    _description = "Checked Plain Input"

    @api.model_create_multi
    def create(self, vals_list):
        self._check_plain_input(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._check_plain_input([vals])
        return super().write(vals)

    @api.model
    def _check_plain_input(self, vals_list):
        """Raise a UserError for the first value that its field cannot take."""
        wanted_ids = {}
        for vals in vals_list:
            for name, value in vals.items():
                field = self._fields.get(name)
                if field is None:
                    raise UserError(
                        self.env._(
                            "%(model)s has no field “%(field)s”; check its spelling.",
                            model=self._description,
                            field=name,
                        )
                    )
                if value is False or value is None:
                    continue
                if field.type == "many2one":
                    wanted_ids.setdefault(field, set()).add(self._check_plain_id(field, value))
                elif field.type == "one2many":
                    self._check_plain_commands(field, value)
                elif checker := _CHECKERS.get(field.type):
                    getattr(self, checker)(field, value)
        for field, ids in wanted_ids.items():
            self._check_plain_existence(field, ids)

    def _check_plain_commands(self, field, commands):
        """Check the values of nested records, which the ORM converts before it creates them."""
        nested = self.env[field.comodel_name]
        if not isinstance(commands, list | tuple) or not isinstance(nested, self.pool["kor.input.mixin"]):
            return
        nested._check_plain_input(
            [command[2] for command in commands if isinstance(command, list | tuple) and isinstance(command[-1], dict)]
        )

    def _plain_label(self, field):
        return f"{self._description} › {field.get_description(self.env, ['string'])['string']}"

    def _check_plain_number(self, field, value):
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number) or isinstance(value, bool):
            raise UserError(
                self.env._(
                    "%(field)s must be a number such as 12.5, not “%(value)s”.",
                    field=self._plain_label(field),
                    value=value,
                )
            )

    def _check_plain_integer(self, field, value):
        self._check_plain_number(field, value)
        if float(value) % 1 or abs(float(value)) > LARGEST_INTEGER:
            raise UserError(
                self.env._(
                    "%(field)s must be a whole number up to %(largest)s, not “%(value)s”.",
                    field=self._plain_label(field),
                    largest=LARGEST_INTEGER,
                    value=value,
                )
            )

    def _check_plain_date(self, field, value):
        if not parse_day(value):
            raise UserError(
                self.env._(
                    "%(field)s must be a date written as YYYY-MM-DD, not “%(value)s”.",
                    field=self._plain_label(field),
                    value=value,
                )
            )

    def _check_plain_selection(self, field, value):
        allowed = field.get_values(self.env)
        if value not in allowed:
            raise UserError(
                self.env._(
                    "%(field)s cannot be “%(value)s”; use one of: %(allowed)s.",
                    field=self._plain_label(field),
                    value=value,
                    allowed=", ".join(map(str, allowed[:20])),
                )
            )

    def _check_plain_id(self, field, value):
        if isinstance(value, models.BaseModel):
            return value.id
        if isinstance(value, bool) or not isinstance(value, int):
            raise UserError(
                self.env._(
                    "%(field)s must be the id of a record (a whole number), not “%(value)s”.",
                    field=self._plain_label(field),
                    value=value,
                )
            )
        return value

    def _check_plain_existence(self, field, ids):
        records = self.env[field.comodel_name].browse(id_ for id_ in ids if id_)
        missing = records - records.exists()
        if missing:
            known = self.env[field.comodel_name].search([], limit=5)
            raise UserError(
                self.env._(
                    "%(field)s: there is no record with the id %(id)s. There are, for example: %(known)s.",
                    field=self._plain_label(field),
                    id=missing[0].id,
                    known=", ".join(f"{record.display_name} ({record.id})" for record in known) or "–",
                )
            )


_CHECKERS = {
    "date": "_check_plain_date",
    "float": "_check_plain_number",
    "integer": "_check_plain_integer",
    "monetary": "_check_plain_number",
    "selection": "_check_plain_selection",
}
