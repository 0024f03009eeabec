def post_init_hook(env):
    """Let customers whose contracts run already have an account, with what it sums up."""
    env["kor.account"]._open_accounts()._refresh_aggregates()
