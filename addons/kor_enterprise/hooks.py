# What the demo makes, and what cannot be written over once there are books on it.
EVIDENCE = ("kor.contract", "kor.revenue.close", "kor.price.index")


def pre_init_hook(env):
    """Let go of the names that a demo of before has left: what invoices and closed months rest on stays in the books
    when the add-on is uninstalled, and would refuse the demo of a new installation."""
    env["ir.model.data"].search([("module", "=", "kor_enterprise"), ("model", "in", EVIDENCE)]).unlink()
