import inspect

from odoo.tests import TransactionCase, tagged

TRANSLATING = ("env._(", "_description_selection(", "format_date(", "formatLang(")


@tagged("post_install", "-at_install")
class TestLanguages(TransactionCase):
    def test_what_is_worked_out_in_a_language_is_not_remembered_for_others(self):
        forgetful, seen = [], 0
        for model in self.env.registry.models.values():
            for field in model._fields.values():
                if field.store or not isinstance(field.compute, str):
                    continue
                # All that add-ons of the suite have put into it.
                sources = [
                    inspect.getsource(cls.__dict__[field.compute])
                    for cls in model.mro()
                    if field.compute in cls.__dict__ and cls.__module__.startswith("odoo.addons.kor_")
                ]
                if any(word in source for source in sources for word in TRANSLATING):
                    seen += 1
                    if "lang" not in self.env.registry.field_depends_context[field]:
                        forgetful.append(str(field))
        self.assertGreater(seen, 30)
        self.assertFalse(forgetful, "These want @api.depends_context('lang')")
