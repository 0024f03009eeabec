from odoo.tests import TransactionCase, tagged

from ..tools import read_whole_number

PARAMETER = "kor.test.number"


@tagged("post_install", "-at_install")
class TestTools(TransactionCase):
    def _read(self, value, lowest=0):
        self.env["ir.config_parameter"].sudo().set_param(PARAMETER, value)
        return read_whole_number(self.env, PARAMETER, 7, lowest)

    def test_system_parameter_says_a_whole_number(self):
        self.assertEqual([self._read(value) for value in ("12", "0", 30)], [12, 0, 30])
        self.assertEqual([self._read(value, lowest=1) for value in ("12", "1", "0")], [12, 1, 7])

    def test_what_is_no_whole_number_counts_as_the_default(self):
        self.assertEqual(read_whole_number(self.env, PARAMETER, 7), 7)
        for value in (False, "", "x", "-3", "2.5", "1e3", "²"):
            with self.subTest(value=value):
                self.assertEqual(self._read(value), 7)

    def test_whoever_works_goes_by_the_system_s_parameter(self):
        self._read("12")
        public = self.env.ref("base.public_user")
        self.assertEqual(read_whole_number(self.env(user=public), PARAMETER, 7), 12)
