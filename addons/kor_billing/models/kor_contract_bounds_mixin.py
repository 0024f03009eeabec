from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import formatLang

from .kor_billing_parking import BillingParked

# How many invoices tell what is usual.
USUAL = 3


class Bounded:
    """In the context of a call that bills: what goes past a safety bound. No caller from outside can send one."""

    def __init__(self, is_held):
        self.is_held = is_held
        self.reasons = {}


class KorContractBoundsMixin(models.AbstractModel):
    """Park a contract rather than bill what looks wrong, or lacks what its customer asks for."""

    _name = "kor.contract.bounds.mixin"
    _description = "Safety Bounds of Billing"

    parking_ids = fields.One2many("kor.billing.parking", "contract_id", string="Parked", groups="base.group_user")
    order_number_required = fields.Selection(
        [("yes", "Required"), ("no", "Not Required")],
        string="Order Number",
        help="Whether invoices wait for the customer's order number. Empty: as the company's settings say.",
    )
    invoice_posting = fields.Selection(
        [("post", "Post at once"), ("grace", "Draft, posted after a grace time"), ("draft", "Leave as draft")],
        string="Invoices Are",
        help="What billing does with this contract's invoices. Empty: as the company's settings say.",
    )
    invoice_alone = fields.Boolean(
        string="Own Invoice", help="Billed on an invoice of its own, also where the company joins those of a customer."
    )
    billing_let_through = fields.Boolean(
        readonly=True,
        copy=False,
        groups="kor_billing.group_kor_billing_manager",
        help="The next billing goes past the safety bounds, once.",
    )

    def action_retry_billing(self):
        """Bill parked contracts at once, instead of at the next try. Those that fail stay parked, with the reason.

        :return: True
        """
        self._check_can_bill()
        run_model = self.env["kor.billing.run"].sudo()  # who may bill need not be allowed to change contracts
        for company, contracts in self.grouped("company_id").items():
            contracts.sudo()._write_agreed({"billing_retry_date": False})  # who may bill need not change contracts
            run = run_model.create({"company_id": company.id, "contract_ids": contracts.ids})
            run._start()
            while run.with_company(company)._work():
                pass
        return True

    def action_bill_anyway(self):
        """Bill once what the safety bounds hold back, with a note of who let it through.

        :return: True
        """
        self._check_can_bill()
        if not self.env.su and not self.env.user.has_group("kor_billing.group_kor_billing_manager"):
            raise AccessError(self.env._("Only administrators of Billing can bill past a safety bound."))
        for contract_sudo in self.sudo():  # who administrates billing need not be allowed to change contracts
            contract_sudo._write_agreed({"billing_let_through": True})
            contract_sudo.message_post(
                body=self.env._(
                    "%(user)s lets the next invoice through: %(reason)s",
                    user=self.env.user.name,
                    reason=contract_sudo.billing_error or self.env._("nothing held it back."),
                )
            )
        self.action_retry_billing()
        self.sudo().filtered("billing_let_through")._write_agreed({"billing_let_through": False})  # once, as above
        return True

    def _check_not_bounded(self):
        """Raise where a safety bound parked one of the contracts: billing by hand is no way past it."""
        domain = [("contract_id", "in", self.ids), ("kind", "=", "bound"), ("date_mended", "=", False)]
        parkings_sudo = self.env["kor.billing.parking"].sudo()  # the bound holds for those too who cannot see them
        for parked in parkings_sudo.search(domain):
            if not parked.contract_id.billing_let_through:
                raise BillingParked(
                    self.env._(
                        "Contract %(contract)s is parked: %(reason)s An administrator of Billing can let it through "
                        "with Bill Anyway.",
                        contract=parked.contract_id.name,
                        reason=parked.reason,
                    ),
                    "bound",
                )

    def _leave_out(self, open_slices, run=None):
        """Return the slices of the contracts that can be billed. A run parks the others; by hand they are refused."""
        if not run:
            self._check_not_bounded()
            for contract, slices in open_slices.items():
                contract._check_order_number(slices)
            self._check_readings(open_slices)
            bounded = self.env.context.get("kor_bounded")
            if isinstance(bounded, Bounded):
                bounded.reasons.update(self._get_bound_reasons(open_slices))
            return open_slices
        obstacles = self._get_obstacles({contract: slices for contract, slices in open_slices.items() if slices})
        for contract, (kind, reason) in obstacles.items():
            contract._park(kind, reason, run)
        return {contract: slices for contract, slices in open_slices.items() if contract not in obstacles}

    def _get_bound_reasons(self, open_slices):
        """Return by contract the sentence of the safety bound that its invoice would break."""
        let_through = self.sudo().filtered("billing_let_through")  # the bounds hold for everybody who bills
        due = {one: slices for one, slices in open_slices.items() if slices and one not in let_through}
        usual, result = self._get_usual_amounts(due), {}
        for contract, slices in due.items():
            try:
                contract._check_bounds(slices, usual.get(contract.id, ()))
            except BillingParked as bound:
                result[contract] = str(bound)
        return result

    def _tell_bounded(self, moves, bounded):
        """Note what was held back for a safety bound, or who has billed past it."""
        if bounded.is_held:
            moves._hold_kor(bounded.reasons)
            return
        for contract, reason in bounded.reasons.items():
            contract.sudo().message_post(  # who may bill need not be allowed to change contracts
                body=self.env._(
                    "%(user)s bills past a safety bound: %(reason)s", user=self.env.user.name, reason=reason
                )
            )

    def _get_obstacles(self, due):
        """Return by contract the kind and the sentence of what keeps it from being billed.

        :param due: the slices by contract
        """
        usual = self._get_usual_amounts(due)
        let_through = self.sudo().filtered("billing_let_through")  # the bounds hold for everybody who bills
        result = {}
        for contract, slices in due.items():
            try:
                contract._check_order_number(slices)
                contract._check_readings({contract: slices})
                if contract not in let_through:
                    contract._check_bounds(slices, usual.get(contract.id, ()))
            except BillingParked as parked:
                result[contract] = (parked.kind, str(parked))
        return result

    def _check_order_number(self, slices):
        self.ensure_one()
        company = self.company_id.sudo()  # the setting holds for everybody who bills
        required = self.order_number_required == "yes" if self.order_number_required else company.kor_order_required
        if slices and required and not (self.client_order_ref or "").strip():
            raise BillingParked(
                self.env._(
                    "Contract %(contract)s: the customer wants a purchase-order number on the invoice, and there is "
                    "none. Fill in the customer's reference.",
                    contract=self.name,
                ),
                "order",
            )

    def _check_bounds(self, slices, usual):
        """Raise where an invoice is longer, further ahead or much higher than the company wants to bill unseen."""
        self.ensure_one()
        company = self.company_id.sudo()  # the bounds hold for everybody who bills
        lines, ahead = company.kor_bound_lines, company.kor_bound_days
        if lines and len(slices) > lines:
            self._raise_bound(
                self.env._(
                    "the invoice would have %(count)s lines, more than %(bound)s.", count=len(slices), bound=lines
                )
            )
        last = self._get_today() + timedelta(days=ahead)
        far = max((one.start for one in slices), default=last)
        if ahead and far > last:
            self._raise_bound(
                self.env._(
                    "it would bill a period from %(day)s on, more than %(bound)s days ahead.", day=far, bound=ahead
                )
            )
        self._check_bound_of_amount(slices, usual, company.kor_bound_factor)

    def _check_bound_of_amount(self, slices, usual, factor):
        amount = float(sum(one.difference for one in slices))
        alike = [sum_ for count, sum_ in usual if self._is_alike(count, len(slices))][:USUAL]
        average = sum(alike) / len(alike) if alike else 0.0
        if factor and average > 0 and amount > factor * average:
            self._raise_bound(
                self.env._(
                    "the invoice would come to %(amount)s, %(times)s times the usual %(average)s; more than %(bound)s "
                    "times is looked at first.",
                    amount=formatLang(self.env, amount, currency_obj=self.currency_id),
                    times=round(amount / average, 1),
                    average=formatLang(self.env, average, currency_obj=self.currency_id),
                    bound=f"{factor:g}",
                )
            )

    @api.model
    def _is_alike(self, count, other):
        """Tell whether two invoices bill about as many periods: months that are made up for are no usual month."""
        return other <= 2 * count and count <= 2 * other

    def _raise_bound(self, sentence):
        text = self.env._("Contract %(contract)s: %(sentence)s", contract=self.name, sentence=sentence)
        raise BillingParked(text, "bound")

    @api.model
    def _get_usual_amounts(self, due):
        """Return by contract id the number of periods and the amount of its invoices, the latest first."""
        factors = {contract.company_id.sudo().kor_bound_factor for contract in due}  # the bounds hold for everybody
        if not any(factors):
            return {}
        result = defaultdict(list)
        items_sudo = self.env["kor.billing.item"].sudo()  # what is usual does not depend on who bills
        groups = items_sudo._read_group(
            [("contract_id", "in", [one.id for one in due]), ("state", "=", "booked"), ("move_id", "!=", False)],
            ["contract_id", "move_id"],
            ["__count", "amount:sum"],
        )
        # By their ids: to order the groups by invoice would follow the order of invoices, which begins with the latest.
        for contract, _move, count, amount in sorted(groups, key=lambda group: group[1].id, reverse=True):
            result[contract.id].append((count, amount))
        return result

    def _park(self, kind, reason, run=None):
        """Leave the contract out of billing runs until tomorrow, with the reason, and tell who is in charge."""
        self.ensure_one()
        self.env["kor.billing.parking"].sudo()._park(self, kind, reason, run)  # parked by billing only
        self._set_billing_error(reason)

    def _mend_parking(self):
        parked = self.env["kor.billing.parking"].sudo()  # parked and mended by billing only
        parked.search([("contract_id", "in", self.ids), ("date_mended", "=", False)]).write(
            {"date_mended": fields.Datetime.now()}
        )
