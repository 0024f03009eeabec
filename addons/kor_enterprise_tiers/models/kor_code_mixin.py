from itertools import count

from odoo import models
from odoo.fields import Domain


class KorCodeMixin(models.AbstractModel):
    """Let records that are found by a unique `code` be duplicated."""

    _name = "kor.code.mixin"
    _description = "Catalogue Code"

    def copy_data(self, default=None):
        """Name copies as such and give them codes of their own."""
        values_list = super().copy_data(default)
        default = default or {}
        taken = self._get_taken_codes()
        for record, values in zip(self, values_list, strict=True):
            if "name" not in default:
                values["name"] = self.env._("%(name)s (copy)", name=record.name)
            if "code" not in default and record.code:
                values["code"] = next(
                    code for code in (f"{record.code}_{number}" for number in count(2)) if code not in taken
                )
                taken.add(values["code"])
        return values_list

    def _get_taken_codes(self):
        codes = self.filtered("code").mapped("code")
        domain = Domain.OR(Domain("code", "=like", f"{code}%") for code in codes)
        # Archived records, and those of other companies, hold their code too.
        everything_sudo = self.with_context(active_test=False).sudo()  # codes are unique across companies
        return set(everything_sudo.search(domain).mapped("code")) if codes else set()
