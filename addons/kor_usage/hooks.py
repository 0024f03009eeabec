def uninstall_hook(env):
    """Drop the table that is no model's; those of models go with them."""
    env.cr.execute("DROP TABLE IF EXISTS kor_usage_retention")
