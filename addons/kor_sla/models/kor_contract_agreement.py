from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command

# What a draft's agreement follows.
FOLLOWED = {"plan_id", "tier_id", "company_id", "date_start", "support_level_id", "uptime_target"}


class KorContract(models.Model):
    """The service level of a contract: agreed with it, and changed by amendments, each of which makes a version."""

    _inherit = "kor.contract"

    sla_agreement_id = fields.Many2one(
        "kor.sla.agreement",
        string="Service Level",
        compute="_compute_sla_agreement_id",
        help="What is promised today, or on the nearest day on which the contract runs.",
    )
    sla_html = fields.Html(string="Promised", compute="_compute_sla_html", sanitize=False)
    support_contact_ids = fields.Many2many(
        "res.partner",
        "kor_contract_support_contact_rel",
        "contract_id",
        "partner_id",
        string="Named Contacts",
        tracking=True,
        help="Who writes to support for the customer.",
    )
    named_contacts_only = fields.Boolean(tracking=True, help="Nobody else of the customer can open tickets.")
    support_user_ids = fields.Many2many(
        "res.users",
        "kor_contract_support_user_rel",
        "contract_id",
        "user_id",
        string="Support Team",
        domain="[('share', '=', False)]",
        tracking=True,
        help="Who takes care of this customer's tickets.",
    )

    @api.depends("sla_agreement_ids.date_start", "sla_agreement_ids.date_end", "date_start", "date_end_effective")
    def _compute_sla_agreement_id(self):
        for contract in self:
            contract.sla_agreement_id = contract._get_sla_version(contract._get_reference_day())

    # No dependency: it is looked at anew whenever the form is read.
    @api.depends_context("lang")
    def _compute_sla_html(self):
        for contract in self:
            contract.sla_html = contract.sla_agreement_id.terms_html

    @api.constrains("support_contact_ids", "partner_id")
    def _check_support_contacts(self):
        for contract in self:
            customer = contract.partner_id.commercial_partner_id
            strangers = contract.support_contact_ids.filtered(
                lambda contact, customer=customer: contact.commercial_partner_id != customer
            )
            if strangers:
                raise ValidationError(
                    self.env._(
                        "%(contact)s is no contact of %(customer)s, so cannot be a named contact of contract "
                        "%(contract)s. Choose people of the customer.",
                        contact=strangers[0].display_name,
                        customer=customer.display_name,
                        contract=contract.name,
                    )
                )

    def write(self, vals):
        drafts = self.filtered(lambda one: one.state == "draft") if FOLLOWED & set(vals) else self.browse()
        before = {contract: (contract.tier_id, contract.company_id) for contract in drafts}
        result = super().write(vals)
        moved = drafts.filtered(lambda one: (one.tier_id, one.company_id) != before[one])
        moved._remake_sla_agreements()
        (drafts - moved)._sync_sla_agreements()
        return result

    def copy_data(self, default=None):
        """Let a copy promise what was agreed, unless it is for another tier."""
        values_list = super().copy_data(default)
        default = default or {}
        if not {"tier_id", "plan_id"} & set(default):
            for contract, values in zip(self, values_list, strict=True):
                versions = contract._get_sla_versions()
                day = fields.Date.to_date(default.get("date_start"))
                version = (contract._get_sla_version(day) if day else versions[:0]) or versions[-1:]
                if version:
                    own = {"uptime_target": version.uptime_target, "support_level_id": version.support_level_id.id}
                    values.update({name: value for name, value in own.items() if name not in default})
                    values["sla_agreement_ids"] = [Command.create(version._prepare_copy(values["date_start"]))]
        return values_list

    def action_activate(self):
        """Freeze the service level with the rest of what is agreed.

        :return: True
        """
        self.check_access("write")
        self.filtered(lambda one: one.state == "draft" and not one.sla_agreement_ids)._make_sla_agreements()
        return super().action_activate()

    def action_apply_plan(self):
        """Replace the service level of drafts by that of their tier.

        :return: True
        """
        result = super().action_apply_plan()
        self._remake_sla_agreements()
        return result

    def as_of(self, date):
        """Add what service level held on the day."""
        look = super().as_of(date)
        day = self._parse_date(date, "date")
        contract_sudo = self.sudo()  # customers read what their contract promises, not the agreement
        version_sudo = contract_sudo._get_sla_version(day)
        return {**look, "service_level": {} if self._is_over_on(day) else version_sudo._as_plain()}

    def _get_support_facts(self):
        """Say also how fast tickets of each priority are taken care of, and what is given back."""
        contract_sudo = self.sudo()  # customers read what their contract promises, not the agreement
        version_sudo = contract_sudo._get_sla_version(self._get_reference_day())
        own = [(label, text) for label, text in version_sudo._get_service_facts() if text] if version_sudo else []
        known = {label for label, _text in own}
        # The first response of the level holds where the agreement names no other.
        return [fact for fact in super()._get_support_facts() if fact[0] not in known] + own

    def _copy_catalog(self):
        result = super()._copy_catalog()
        without = self.filtered(lambda one: not one.sla_agreement_ids)
        without._make_sla_agreements()
        (self - without)._sync_sla_agreements()
        return result

    def _get_sla_agreements(self, date_from, date_to):
        """Return by contract the agreements that bind in a period, each with its first and last day in it.

        Empty for what is not agreed. Many contracts take no more queries than one.
        """
        result = {}
        for contract in self:
            spans = []
            first, last = contract._get_sla_bounds(date_from, date_to)
            for version in contract._get_sla_versions() if contract.date_activated else ():
                start, end = max(first, version.date_start), min(last, version.date_end or last)
                if start <= end:
                    spans.append((version, start, end))
            result[contract] = spans
        return result

    def _get_sla_bounds(self, date_from, date_to):
        """Return the part of a period in which the contract runs; one that renews itself goes on."""
        last = self.date_cancelled or (False if self._renews_itself() else self.date_end)
        return max(date_from, self.date_start), min(date_to, last or date_to)

    def _get_sla_versions(self):
        """Return the versions of the agreement that were not replaced from their first day, in their order."""
        return self.sla_agreement_ids.filtered(lambda one: not one.is_void).sorted(lambda one: (one.date_start, one.id))

    def _get_sla_version(self, day):
        """Return the version for a day, also of a draft."""
        self.ensure_one()
        return self._get_sla_versions().filtered(lambda one: one._runs_at(day))[:1]

    def _get_sla_model(self):
        """Return the agreements as those who make them: an amendment, or the contract that is made."""
        return self._as_amended().env["kor.sla.agreement"].sudo()  # it comes with the contract, whoever makes that

    def _get_sla_policies(self):
        policies_sudo = self.env["kor.sla.policy"].sudo()  # a copy comes with the contract, whoever makes that
        return policies_sudo._get_for(self)

    def _make_sla_agreements(self):
        """Let contracts that have no agreement promise what the policy of their tier does."""
        policies = self._get_sla_policies()
        values = [one._prepare_sla_agreement(policy, one._get_tier_since()) for one, policy in policies.items()]
        agreements = self._get_sla_model().create(values)
        agreements._tell_contracts()

    def _prepare_sla_agreement(self, policy, day):
        """Return the values of an agreement as the contract's policy says, with what the contract says itself."""
        is_draft = self.state == "draft"
        target = self.uptime_target or (policy.uptime_target if is_draft else 0)
        values = policy._copy_terms(target) if policy else self._prepare_sla_without_policy()
        return {
            **values,
            "contract_id": self.id,
            "tier_id": self.tier_id.id,
            "policy_id": policy.id,
            "support_level_id": self.support_level_id.id,
            "support_calendar_id": self.support_level_id.calendar_id.id,
            "date_start": day,
        }

    def _prepare_sla_without_policy(self):
        """Return terms of what the support level promises by itself: a first response, and no credits."""
        minutes = self.support_level_id.response_minutes
        priorities = dict(self.env["kor.sla.target"]._fields["priority"].selection) if minutes else {}
        targets = [Command.create({"priority": key, "response_minutes": minutes}) for key in priorities]
        return {"uptime_target": self.uptime_target, "penalty_mode": "none", "target_ids": targets}

    def _get_tier_since(self):
        """Return the first day on which the contract has its tier."""
        changes = self.amendment_ids.filtered(lambda one: one.state == "applied" and one.tier_after_id)
        return max(changes.mapped("date_effective"), default=self.date_start)

    def _remake_sla_agreements(self):
        drafts = self.filtered(lambda one: one.state == "draft")
        drafts.sudo().sla_agreement_ids.unlink()  # it follows the draft, whoever may write that
        drafts._make_sla_agreements()

    def _sync_sla_agreements(self):
        """Let the agreements of drafts follow what the contract says."""
        for contract in self.filtered(lambda one: one.state == "draft"):
            agreement = contract.sudo().sla_agreement_ids[:1]  # it follows the draft, whoever may write that
            values = {
                name: contract._fields[name].convert_to_write(contract[name], contract)
                for name in ("date_start", "uptime_target", "support_level_id")
                if agreement and agreement[name] != contract[name]
            }
            if values:
                agreement.write(values)

    def _take_sla_of_tier(self, day, amendment):
        """Let the service level of the contract's tier hold from a day, in place of all that was agreed for later."""
        policy = self._get_sla_policies()[self]
        versions = self._get_sla_model().browse(self._get_sla_versions().ids)
        for version in versions.filtered(lambda one: not one.date_end or one.date_end >= day):
            version.date_end = max(day, version.date_start) - timedelta(days=1)
        versions.create({**self._prepare_sla_agreement(policy, day), "amendment_id": amendment.id})

    def _amend_sla(self, day, amendment, changes):
        """Let a changed service level hold from a day, and what is agreed for later have the change as well.

        :param changes: as `_go_on` of the agreement takes them
        """
        if not self._get_sla_versions():
            self._make_sla_agreements()
        versions = self._get_sla_model().browse(self._get_sla_versions().ids)
        # Before the first version nothing is known of what was promised: it begins then.
        current = versions.filtered(lambda one: one._runs_at(day)) or versions[:1]
        current._go_on(day, changes, amendment)
        for later in versions.filtered(lambda one: one.date_start > max(day, current.date_start)):
            changes = later.amendment_id.change_ids._leave_sla(changes, later)
            if not any(changes.values()):
                break
            later._go_on(later.date_start, changes, later.amendment_id)
        self._take_last_sla()

    def _take_later_sla(self, old, day):
        """Take over the versions that begin after a day from the contract that this one goes on from."""
        first = self._get_sla_model().browse(self._get_sla_versions().ids)
        later = old._get_sla_versions().filtered(lambda one: one.date_start > day)
        if later:
            first.date_end = later[0].date_start - timedelta(days=1)
        first.create(
            [
                {
                    **one._prepare_copy(one.date_start),
                    "contract_id": self.id,
                    "date_end": one.date_end,
                    # It knows what was agreed then: a back-dated change leaves that as it is.
                    "amendment_id": one.amendment_id.id,
                }
                for one in later
            ]
        )
        self._take_last_sla()

    def _take_last_sla(self):
        """Let the contract itself say what is agreed by now."""
        last = self._get_sla_versions()[-1:]
        self._as_amended().write({"uptime_target": last.uptime_target, "support_level_id": last.support_level_id.id})
