"""Tell the demo's contracts what they cost, month by month, in Odoo's shell."""

# Name: category, source, method, and what says more.
COSTS = {
    "Hosting": ("infrastructure", "journal", "metric", {"account": "hosting", "metric_id": "api_calls"}),
    "Backups and monitoring": ("infrastructure", "typed", "seats", {"typed_amount": 260}),
    "Infrastructure of single customers": ("infrastructure", "infrastructure", "direct", {}),
    "Support team": ("support", "journal", "tickets", {"account": "support"}),
    "Development": ("development", "journal", "revenue", {"account": "development"}),
    "Sales team": ("sales_marketing", "journal", "revenue", {"account": "sales"}),
    "Marketing": ("sales_marketing", "journal", "revenue", {"account": "marketing"}),
    "Administration": ("overhead", "journal", "revenue", {"account": "administration"}),
    "Office and insurance": ("overhead", "typed", "equal", {"typed_amount": 640}),
    "IT department": ("overhead", "journal", "equal", {"account": "it", "role": "service"}),
}
# How many of their people IT looks after.
IT_USERS = {"Support team": 3, "Development": 6, "Sales team": 3, "Administration": 2}


def describe_costs():
    """Make the recurring costs."""
    templates = {}
    for name, (category, source, method, more) in COSTS.items():
        values = {"name": name, "category": category, "source": source, "method": method, "month_from": day_of(24)}
        values |= {key: value for key, value in more.items() if key not in ("account", "metric_id")}
        if "account" in more:
            code, label, _first, _last = SPENDING[more["account"]]
            values["account_ids"] = [(6, 0, account_of(code, label).ids)]
        if "metric_id" in more:
            values["metric_id"] = catalog("metric", more["metric_id"]).id
        templates[name] = env["kor.cost.pool.template"].create(values)
    env["kor.cost.use"].create(
        [
            {
                "template_id": templates["IT department"].id,
                "target_template_id": templates[name].id,
                "quantity": quantity,
            }
            for name, quantity in IT_USERS.items()
        ]
    )
    return env["kor.cost.pool.template"].union(*templates.values())


def allocate_costs():
    """Allocate each month in the next one; those of this month are still to come."""
    templates = describe_costs()
    for months in range(24, 0, -1):
        clock.go(datetime.combine(min(day_of(months - 1, 5), TODAY), datetime.min.time()) + timedelta(hours=9))
        pools = env["kor.cost.pool"].browse(templates.make_pools(text_of(day_of(months))))
        # What nobody caused cannot be allocated: there was no infrastructure of single customers, or no ticket.
        pools.filtered(lambda pool: pool.amount).allocate()
    clock.go(NOW)
    templates._cron_make_pools()


if not env["kor.cost.pool.template"].search_count([]):
    with freeze_time(NOW) as frozen, one_transaction():
        clock = Clock(frozen)
        allocate_costs()
        # Only now: what is allocated to a locked month would be booked in the first open one.
        lock_the_first_year()
    env.cr._now = None
