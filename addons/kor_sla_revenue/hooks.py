def post_init_hook(env):
    env["kor.sla.credit"].search([]).contract_id._estimate_sla_credits()
