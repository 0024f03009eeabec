def post_init_hook(env):
    """Let contracts that exist already promise what the policies of their tiers do."""
    env["kor.contract"].search([("sla_agreement_ids", "=", False)])._make_sla_agreements()
