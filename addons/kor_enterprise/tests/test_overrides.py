from odoo.tests import TransactionCase, tagged

# Odoo reads these of the outermost method only: an override that does not repeat the decorator switches it off.
MARKS = {"_onchange": "@api.onchange", "_constrains": "@api.constrains", "_ondelete": "@api.ondelete"}


@tagged("post_install", "-at_install")
class TestOverrides(TransactionCase):
    def test_decorators_of_native_methods_hold_where_they_are_extended(self):
        lost, seen = [], 0
        for model in self.env.registry.models.values():
            classes = model.mro()
            names = {name for cls in classes if cls.__module__.startswith("odoo.addons.kor_") for name in vars(cls)}
            for name in names:
                own, *others = (vars(cls)[name] for cls in classes if name in vars(cls))
                for mark, decorator in MARKS.items():
                    if any(hasattr(other, mark) for other in others):
                        seen += 1
                        if not hasattr(own, mark):
                            lost.append(f"{model._name}.{name} wants {decorator}")
        self.assertTrue(seen)
        self.assertFalse(lost)
