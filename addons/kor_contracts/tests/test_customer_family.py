from odoo import Command
from odoo.tests import TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestCustomerFamily(TransactionCase):
    """Portal users see what is their company's and what is below it, which is walked once in a transaction."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        partners = cls.env["res.partner"].create
        cls.top = partners({"name": "Harbour Group", "is_company": True})
        cls.branch = partners({"name": "Harbour North", "is_company": True, "parent_id": cls.top.id})
        cls.contact = partners({"name": "Ada", "parent_id": cls.branch.id})
        cls.closed = partners({"name": "Old office", "parent_id": cls.top.id, "active": False})
        cls.other = partners({"name": "Blue Fjord", "is_company": True})
        cls.user = new_test_user(cls.env, "family_top", groups="base.group_portal")
        cls.user.partner_id.parent_id = cls.top
        cls.branch_user = new_test_user(cls.env, "family_branch", groups="base.group_portal")
        cls.branch_user.partner_id.parent_id = cls.branch
        cls.tier = cls.env["kor.tier"].create({"name": "Summit", "code": "family_summit"})
        cls.product = cls.env["product.product"].create({"name": "Seat", "type": "service"})
        owners = (cls.top, cls.branch, cls.contact, cls.closed, cls.other)
        cls.contracts = {owner: cls._make_contract(owner) for owner in owners}

    @classmethod
    def _make_contract(cls, customer):
        line = {"name": "Seats", "product_id": cls.product.id, "charge_type": "fixed", "unit_price": 10}
        values = {"partner_id": customer.id, "tier_id": cls.tier.id, "term": "monthly", "date_start": "2026-01-01"}
        contract = cls.env["kor.contract"].create({**values, "line_ids": [Command.create(line)]})
        contract.action_activate()
        return contract

    def _find_owners(self, user):
        return self.env["kor.contract"].with_user(user).search([]).sudo().partner_id

    def test_family_is_what_child_of_finds(self):
        partners = self.env["res.partner"].with_context(active_test=False)
        for partner in (self.top, self.branch, self.contact, self.closed, self.top | self.other):
            expected = partners.search([("id", "child_of", partner.ids)])
            self.assertEqual(set(partner._get_kor_family_ids()), set(expected.ids))
            self.assertEqual(partners.search([("kor_within_ids", "in", partner.ids)]), expected)
        self.assertEqual(self.env["res.partner"]._get_kor_family_ids(), [])

    def test_contracts_below_are_seen_and_those_above_are_not(self):
        self.assertEqual(self._find_owners(self.user), self.top | self.branch | self.contact | self.closed)
        self.assertEqual(self._find_owners(self.branch_user), self.branch | self.contact)

    def test_single_contracts_are_readable_by_the_same_rule(self):
        for user, owners in (
            (self.user, self.top | self.branch | self.contact | self.closed),
            (self.branch_user, self.branch | self.contact),
        ):
            for owner, contract in self.contracts.items():
                self.env.invalidate_all()
                self.assertEqual(contract.with_user(user).has_access("read"), owner in owners, owner.name)

    def test_contact_that_joins_or_leaves_counts_at_once(self):
        self.assertNotIn(self.other, self._find_owners(self.user))
        self.other.parent_id = self.contact
        self.assertIn(self.other, self._find_owners(self.user))
        self.other.parent_id = False
        self.assertNotIn(self.other, self._find_owners(self.user))
        newcomer = self.env["res.partner"].create({"name": "Bo", "parent_id": self.contact.id})
        self.assertIn(newcomer.id, self.top._get_kor_family_ids())
        newcomer.unlink()
        self.assertNotIn(newcomer.id, self.top._get_kor_family_ids())

    def test_rolled_back_contact_is_forgotten(self):
        self._find_owners(self.user)
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.other.parent_id = self.top
            self.assertIn(self.other, self._find_owners(self.user))
            self.other.name = f"{1 / 0}"
        self.env.invalidate_all()
        self.assertNotIn(self.other, self._find_owners(self.user))

    def test_customer_is_walked_down_once_for_all_rules(self):
        names = ("kor.contract", "kor.contract.line", "kor.contract.limit", "kor.contract.clause")
        models = [self.env[name].with_user(self.user) for name in names]
        for model in models:
            model.search_count([])  # what rules say is remembered beyond transactions
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(3 + len(names)):
            # Three for the levels of the family, the last of which is empty, and one for each count.
            for model in models:
                model.search_count([])
