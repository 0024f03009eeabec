from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.kor_contracts.models.kor_amendment_preview_mixin import PREVIEWED

from .kor_contract_balance_mixin import READER
from .kor_revenue_version import MODIFICATIONS

ANSWERS = [("yes", "Yes"), ("no", "No")]
CHOSEN = {"revenue_distinct", "revenue_standalone", "revenue_treatment"}
# In the context of what an amendment applies: its terms are noted once, when all of it is. No caller can send one.
APPLYING = object()


class KorContractAmendment(models.Model):
    """Two questions, and the treatment of the modification that follows from them."""

    _name = "kor.contract.amendment"
    _inherit = ["kor.contract.amendment", "kor.amendment.revenue.mixin"]

    revenue_distinct = fields.Selection(
        ANSWERS,
        string="Distinct",
        required=True,
        default="yes",
        readonly=True,
        copy=False,
        tracking=True,
        help="Is what is added, or goes on, distinct from what was delivered before? A customer who could use it "
        "without the rest says yes; months of a service are distinct, a part of one project is not.",
    )
    revenue_standalone = fields.Selection(
        ANSWERS,
        string="At Standalone Price",
        readonly=True,
        copy=False,
        tracking=True,
        help="Is what is added sold for what it would cost alone? Empty: as the figures say.",
    )
    revenue_treatment = fields.Selection(
        MODIFICATIONS,
        string="Revenue Treatment",
        readonly=True,
        copy=False,
        tracking=True,
        help="How the modification changes what is earned. Empty: as the answers say. Frozen when it is applied.",
    )
    revenue_version_ids = fields.One2many("kor.revenue.version", "amendment_id", string="Revenue Terms")

    def choose_revenue_treatment(self, treatment="", distinct="", standalone=""):
        """Answer the questions of a modification that is not applied yet, and choose how it is treated.

        :param treatment: `separate`, `prospective` or `catch_up`; empty: as follows from the answers
        :param distinct: `yes` or `no`: is what is added distinct? Empty: as it is
        :param standalone: `yes` or `no`: is it sold at its standalone price? Empty: as the figures say
        :return: True
        """
        self._check_can_treat()
        known = {"revenue_treatment": treatment, "revenue_distinct": distinct, "revenue_standalone": standalone}
        values = {name: self._check_choice(name, value) for name, value in known.items()}
        values["revenue_distinct"] = values["revenue_distinct"] or "yes"
        for amendment_sudo in self.sudo():  # accountants choose this, and nothing else of an amendment
            amendment_sudo._write_state(values)
            if amendment_sudo.change_ids:
                # What cannot be treated so is refused now, not when it is applied.
                amendment_sudo._preview()
        return True

    def _check_can_treat(self):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("kor_revenue.group_kor_revenue_user"):
            raise AccessError(
                self.env._("Only members of KOR Enterprise › Revenue choose how modifications are treated.")
            )
        for amendment in self:
            if amendment.state not in PREVIEWED:
                raise UserError(
                    self.env._("Amendment %(name)s is settled: how it is treated stays as it is.", name=amendment.name)
                )

    @api.model
    def _check_choice(self, name, value):
        field = self._fields[name]
        choices = dict(field._description_selection(self.env))
        if value and value not in choices:
            raise UserError(
                self.env._(
                    "%(field)s is one of %(known)s, not “%(value)s”.",
                    field=field._description_string(self.env),
                    known=", ".join(choices),
                    value=value,
                )
            )
        return value or False

    @api.model
    def _check_no_evidence(self, vals):
        if CHOSEN & set(vals):
            raise UserError(
                self.env._("How a modification is treated is chosen by choose_revenue_treatment(treatment, …).")
            )
        return super()._check_no_evidence(vals)

    def _apply(self):
        return super(KorContractAmendment, self.with_context(kor_revenue_applying=APPLYING))._apply()

    def _prepare_preview(self, before, after):
        """Add the treatments, for those who may see what is earned."""
        preview = super()._prepare_preview(before, after)
        if self.env.user.has_group(READER):
            preview["revenue"] = self._prepare_treatments()
        return preview

    @api.model
    def _get_preview_values(self, preview, for_customer=False):
        values = super()._get_preview_values(preview, for_customer)
        return {**values, **self._get_treatment_values(None if for_customer else preview.get("revenue"))}

    def _freeze_treatment(self, version):
        """Note how the modification was treated, and what the figures answered where nobody has."""
        self.ensure_one()
        before, after = version and self._get_versions_around(version) or (None, None)
        if not before:
            return
        contract = version.contract_id
        is_standalone = contract._is_at_standalone_price(before, after, after.day)
        self._write_state(
            {
                "revenue_treatment": version.treatment,
                "revenue_standalone": self.revenue_standalone or ("yes" if is_standalone else "no"),
            }
        )

    @api.model
    def _get_versions_around(self, version):
        """Return the terms before a version and its own, as the engine takes them; none where it is the first."""
        versions = version.contract_id.revenue_version_ids.sorted("number")
        position = versions.ids.index(version.id)
        return versions[position - 1 : position + 1]._get_engine_versions() if position else ()
