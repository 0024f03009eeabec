"""The dashboards of the suite, by the name of their file: `scripts/make_dashboards.py` writes them anew."""

from . import customers, executive, revenue, support

BUILDERS = {
    "kor_executive": executive.build,
    "kor_revenue": revenue.build,
    "kor_customers": customers.build,
    "kor_support": support.build,
}


def make():
    """Return {name of the file: its text}."""
    return {f"{name}_dashboard.json": build().as_text() for name, build in BUILDERS.items()}
