from odoo.fields import Command

from odoo.addons.kor_contracts.tests.common import ContractCase


class PolicyCase(ContractCase):
    """Bring a policy for the tier “Summit” (99.5 %, support around the clock) with two targets and two bands."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.night = cls.tier.support_level_id
        cls.office = cls.env.ref("kor_enterprise_tiers.support_level_basic")
        cls.policy = cls._create_policy()

    def _get_bound(self, contract, text):
        """Return the agreement that binds on a day, an empty one where none does."""
        day = contract._parse_date(text, "")
        spans = contract._get_sla_agreements(day, day)[contract]
        return spans[0][0] if spans else self.env["kor.sla.agreement"]

    @classmethod
    def _create_policy(cls, bands=((95, 99.5, 10), (0, 95, 50)), **values):
        return cls.env["kor.sla.policy"].create(
            {
                "name": "Summit",
                "tier_id": cls.tier.id,
                "uptime_target": 99.5,
                "penalty_cap": 60,
                "target_ids": [
                    cls._target("3", 30, 240, next_response_minutes=60, hours="always"),
                    cls._target("1", 120, 0),
                ],
                "band_ids": [cls._band(*band) for band in bands],
                **values,
            }
        )

    @classmethod
    def _target(cls, priority, response, resolution, **values):
        return Command.create(
            {"priority": priority, "response_minutes": response, "resolution_minutes": resolution, **values}
        )

    @classmethod
    def _band(cls, start, below, credit):
        return Command.create({"starts_at": start, "below": below, "credit": credit})

    def _get_bands(self, terms):
        """Return (from, below, credit) of the bands, the highest first."""
        return [(one.starts_at, one.below, one.credit) for one in terms.band_ids.sorted("below", reverse=True)]

    def _get_versions(self, contract):
        """Return (first day, last day, uptime, level's code) of the versions that were not replaced."""
        return [
            (
                str(one.date_start),
                str(one.date_end or ""),
                one.uptime_target,
                one.support_level_id.code,
            )
            for one in contract._get_sla_versions()
        ]

    def _amend(self, contract, day, *changes):
        amendment = self.env["kor.contract.amendment"].browse(contract.amend(day, list(changes)))
        amendment.action_agree("Harbour")
        return amendment
