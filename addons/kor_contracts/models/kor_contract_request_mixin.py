import math
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import format_date

from odoo.addons.kor_enterprise_tiers.tools import parse_day, taken_back

from .kor_contract_lifecycle_mixin import LOOKING

# More than anybody holds, and less than the field takes.
MOST = 10**9


class KorContractRequestMixin(models.AbstractModel):
    """What customers ask for on the contract's page: more seats, a higher tier, the end of the contract."""

    _name = "kor.contract.request.mixin"
    _description = "Requests of the Customer"

    portal_requests = fields.Selection(
        [("staff", "All requests wait for staff"), ("seats", "More seats hold at once")],
        string="Portal Requests",
        help="What happens with what the customer signs for on the contract's page. Empty: as the company says.",
    )

    def _is_self_service(self):
        self.ensure_one()
        company_sudo = self.company_id.sudo()  # customers cannot read the company's settings
        by_company = "seats" if company_sudo.kor_portal_self_service else "staff"
        return (self.portal_requests or by_company) == "seats"

    def _get_request_options(self):
        """Return what the customer can ask for today, as the page shows it; keep `_has_request_options` in step."""
        self.ensure_one()
        if not self._takes_requests():
            return {}
        lines, plans, first = self._get_seat_lines(), self._get_offered_plans(), self._get_first_cancel_day()
        return {
            **({"quantity": lines} if lines else {}),
            **({"plan": plans} if plans else {}),
            **({"cancel": first} if first and not self.date_cancelled else {}),
        }

    def _has_request_options(self):
        """Tell whether the customer can ask for anything today; the plans are looked at where nothing else is left."""
        self.ensure_one()
        if not self._takes_requests():
            return False
        can_cancel = self._get_first_cancel_day() and not self.date_cancelled
        return bool(can_cancel or self._get_seat_lines() or self._get_offered_plans())

    def _takes_requests(self):
        return self.state == "active" and self._runs_on(self._get_today())

    def _get_offered_plans(self):
        # A plan without prices is talked about, not ordered.
        return self._get_higher_plans().filtered(lambda plan: plan._get_included_charges())

    def _get_seat_lines(self):
        today = self._get_today()
        return self.line_ids.filtered(lambda line: line.charge_type == "per_unit" and line._runs_at(today))

    def _get_first_cancel_day(self):
        """Return the first day that the notice allows as the last one, False where it is too late for this term."""
        first = self._get_today() + timedelta(days=self.notice_days)
        return False if self.date_end and first > self.date_end else first

    def _parse_request(self, values):
        """Return the first day, the changes and the choice itself, all checked, of what the customer has chosen.

        :param values: texts, as the page sends them
        """
        self.ensure_one()
        parsers = {"quantity": self._parse_seats, "plan": self._parse_plan, "cancel": self._parse_cancel}
        kind = values.get("kind")
        options = self._get_request_options()
        if kind not in parsers or kind not in options:
            raise UserError(self.env._("This cannot be asked for under this contract today. Ask your contact."))
        return parsers[kind](values, options[kind])

    def _parse_seats(self, values, lines):
        line = lines.filtered(lambda one: str(one.id) == values.get("line"))
        if not line:
            raise UserError(self.env._("Choose of what you need more."))
        quantity = self._parse_number(values.get("quantity"))
        if not line.quantity < quantity <= MOST:
            raise UserError(
                self.env._(
                    "You hold %(held)s now. Enter how many you need altogether: more than that.",
                    held=line._describe_quantity(line.quantity),
                )
            )
        day = self._parse_first_day(values)
        return day, [{"kind": "quantity", "line_id": line.id, "quantity": quantity}]

    @api.model
    def _parse_number(self, text):
        try:
            number = float(text)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            raise UserError(self.env._("Enter a number, for example 30."))
        return number

    def _parse_plan(self, values, plans):
        plan = plans.filtered(lambda one: str(one.id) == values.get("plan"))
        if not plan:
            raise UserError(self.env._("Choose one of the plans."))
        return self._parse_first_day(values), [{"kind": "plan", "plan_id": plan.id}]

    def _parse_cancel(self, values, first):
        last = parse_day(values.get("last_day"))
        end = self.date_end
        if not last or last < first or (end and last > end):
            raise UserError(
                self.env._("Choose a last day from %(first)s on.", first=format_date(self.env, first))
                if not end
                else self.env._(
                    "Choose a last day from %(first)s to %(end)s.",
                    first=format_date(self.env, first),
                    end=format_date(self.env, end),
                )
            )
        return last + timedelta(days=1), [{"kind": "cancel"}]

    def _parse_first_day(self, values):
        day, today = parse_day(values.get("date")), self._get_today()
        end = self.date_end_effective or today + timedelta(days=366)
        if not day or not today <= day <= end:
            raise UserError(self.env._("Choose a first day from today to %(end)s.", end=format_date(self.env, end)))
        return day

    def _preview_request(self, values):
        """Return what a choice would change, as the customer reads it, and a mark of what was shown."""
        day, changes = self._parse_request(values)
        with taken_back(self.env):
            looking = self.with_context(kor_looking=LOOKING, tracking_disable=True)
            amendment = looking._draft_request(day, changes)
            html = amendment._render_preview(amendment._preview(), for_customer=True)
        return html, self.env["kor.contract.amendment"]._get_seen_mark(html)

    def _get_waiting_request(self):
        return self.amendment_ids.filtered(lambda one: one.state == "requested")[:1]

    def _request_change(self, values, partner, signed_by, signature):
        """Make an amendment of what the customer has chosen and signed for.

        :param partner: the customer's contact who asks
        """
        # Signed twice, it is asked for once.
        self.lock_for_update()
        if self._get_waiting_request():
            raise UserError(
                self.env._("A request of yours waits for our answer. Take it back before you send another.")
            )
        day, changes = self._parse_request(values)
        amendment = self._draft_request(day, changes, values.get("note", ""))
        amendment._request(partner, signed_by, signature)
        return amendment

    def _draft_request(self, day, changes, note=""):
        # The customer follows the contract, and reads there what is said about it.
        amendments = self.env["kor.contract.amendment"].with_context(mail_create_nosubscribe=True)
        return amendments.create(
            {
                "contract_id": self.id,
                "date_effective": day,
                "request_note": note,
                "change_ids": [Command.create(change) for change in changes],
            }
        )

    def _get_shared_amendments(self):
        """Return what the customer may see of the amendments: what was agreed, asked for, or sent."""
        return self.amendment_ids.filtered(
            lambda one: one.state == "applied" or (one.state != "draft" and (one.is_shared or one.state == "agreed"))
        )

    def _get_higher_plans(self):
        """Return the public plans of higher tiers that the customer could have today, nearest tier first."""
        plan_model, tier = self.env["kor.plan"], self.tier_id
        domain = Domain("tier_id.active", "=", True) & Domain("is_public", "=", True)
        domain &= Domain("tier_sequence", ">", tier.sequence) & Domain("currency_id", "=", self.currency_id.id)
        domain &= Domain("company_id", "in", [False, self.company_id.id])
        domain &= Domain("tier_id.company_id", "in", [False, self.company_id.id])
        plans = plan_model.search(domain & plan_model._get_valid_domain(self._get_today()))
        result = plan_model
        for offered in plans.grouped("tier_id").values():
            result |= offered.filtered(lambda plan: plan.term == self.term) or offered
        return result
