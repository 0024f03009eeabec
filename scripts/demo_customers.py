"""Who the demo's customers of two years are and what happens to them: plain data, months counted back from this one.

A day is (months ago, day of the month). What happens to a contract is [day, what, …]; `demo_history.py` does it.
"""

# What only this company sells: price lists in euro. Charges: name, type, metric, price of a period, months, included.
EURO_PLANS = {
    "professional_quarterly_eur": {
        "name": "Professional quarterly, euro",
        "tier": "professional",
        "term": "custom",
        "charges": [("Users", "per_unit", "users", 81, 3, 0)],
    },
    "professional_annual_eur": {
        "name": "Professional annual, euro",
        "tier": "professional",
        "term": "annual",
        "charges": [("Users", "per_unit", "users", 276, 12, 0)],
    },
    "enterprise_annual_eur": {
        "name": "Enterprise annual, euro",
        "tier": "enterprise",
        "term": "annual",
        "charges": [
            ("Base fee", "fixed", "", 11000, 12, 0),
            ("Users", "per_unit", "users", 220, 12, 50),
            ("API calls", "usage", "api_calls", 0.0003, 1, 1000000),
        ],
    },
}

# How much of a dollar a euro is, month by month; the last value goes on.
EURO_RATES = (0.925, 0.922, 0.931, 0.938, 0.945, 0.951, 0.949, 0.957, 0.962, 0.955, 0.94, 0.921, 0.904, 0.885, 0.872,
              0.868, 0.861, 0.858, 0.853, 0.856, 0.86, 0.864, 0.861, 0.857, 0.86, 0.862, 0.859)  # fmt: skip

# Name, city, country, contact, how it pays (a card, or so many days after an invoice is due), account manager.
CUSTOMERS = {
    "fjord": ("Fjord Shipping", "Bergen", "no", "Liv Haugen", 3, "account"),
    "granite": ("Granite Insurance", "Hartford", "us", "Paul Whitman", -4, "admin"),
    "helios": ("Helios Solar", "Sevilla", "es", "Marta Rubio", 6, "account2"),
    "iris": ("Iris Studio", "Paris", "fr", "Claire Morel", "card", "account2"),
    "juniper": ("Juniper Labs", "Boulder", "us", "Devon Park", "card", "account"),
    "kestrel": ("Kestrel Airways", "London", "uk", "Ruth Ashby", 9, "admin"),
    "lumen": ("Lumen Retail", "Köln", "de", "Jonas Brandt", 2, "account"),
    "maple": ("Maple Foods", "Toronto", "ca", "Anne Tremblay", "card", "account2"),
    "nimbus": ("Nimbus Weather", "Utrecht", "nl", "Bram de Wit", "card", "account2"),
    "orchid": ("Orchid Clinics", "Austin", "us", "Grace Lin", 5, "account2"),
    "pebble": ("Pebble Games", "Malmö", "se", "Oskar Nyman", "card", "account2"),
    "quartz": ("Quartz Mining", "Perth", "au", "Mia Collins", 12, "account"),
    "redwood": ("Redwood Legal", "Portland", "us", "Hugh Barnes", 1, "account2"),
    "saffron": ("Saffron Travel", "Mumbai", "in", "Priya Nair", "card", "account2"),
    "thistle": ("Thistle Brewing", "Edinburgh", "uk", "Callum Reid", 8, "account2"),
    "umbra": ("Umbra Security", "Zürich", "ch", "Lena Frei", -2, "account"),
    "vertex": ("Vertex Motors", "Stuttgart", "de", "Katrin Vogel", 4, "account"),
    "willow": ("Willow Schools", "Cork", "ie", "Aoife Daly", 10, "account2"),
    "xenon": ("Xenon Pharma", "Basel", "ch", "Marc Keller", 0, "admin"),
    "yarrow": ("Yarrow Gardens", "Savannah", "us", "June Porter", "card", "account2"),
    "zephyr": ("Zephyr Wind", "Aarhus", "dk", "Mads Holm", 3, "account"),
    "atlas": ("Atlas Freight", "Chicago", "us", "Tony Russo", 7, "account"),
    "basalt": ("Basalt Construction", "Graz", "at", "Eva Pichler", 11, "account2"),
    "cobalt": ("Cobalt Bank", "New York", "us", "Irene Katz", -6, "admin"),
    "dune": ("Dune Resorts", "Dubai", "ae", "Omar Haddad", "card", "account2"),
    "elm": ("Elm Publishing", "Boston", "us", "Nina Cole", "card", "account2"),
    "falcon": ("Falcon Drones", "Kraków", "pl", "Piotr Zając", "card", "account2"),
    "glacier": ("Glacier Water", "Reykjavík", "is", "Björk Jónsdóttir", 5, "account"),
    "heron": ("Heron Maritime", "Oslo", "no", "Erik Dahl", 4, "account"),
    "indigo": ("Indigo Fashion", "Milano", "it", "Chiara Ricci", "card", "account2"),
}

# Agreed line by line, without a plan: name, product, type, metric, price of a period, months, quantity, how earned.
OWN_LINES = {
    "granite": [
        ("Private platform", "base_fee", "fixed", "", 7800, 3, 1, ""),
        ("Users", "user", "per_unit", "users", 27, 3, 90, ""),
    ],
    "umbra": [("Platform and key management", "base_fee", "fixed", "", 7800, 3, 1, "")],
    "cobalt": [
        ("Private platform", "base_fee", "fixed", "", 2500, 1, 1, ""),
        ("Users", "user", "per_unit", "users", 8, 1, 140, ""),
        ("Set-up and migration", "setup_fee", "one_time", "", 12000, 0, 1, "progress"),
    ],
}

# Contracts: customer, first day, plan (empty: its own lines), users; `deal`: sold by a
# proposal, after so many days; `onboard`: the days between two steps of its onboarding.
CONTRACTS = {
    "fjord": {
        "start": (26, 1), "plan": "enterprise_annual", "users": 70, "renewal_uplift": 3,
        "life": [((17, 8), "users", 95), ((9, 15), "users", 120)],
    },
    "granite": {"start": (26, 1), "term": "multi_year", "life": [((11, 1), "users", 130), ((5, 1), "users", 160)]},
    "helios": {
        "start": (25, 1), "plan": "professional_annual_eur", "users": 30,
        "life": [((13, 1), "users", 36), ((7, 12), "users", 40)],
    },
    "iris": {"start": (12, 1), "plan": "starter_monthly"},
    "juniper": {
        "start": (25, 8), "plan": "starter_monthly",
        "life": [
            ((19, 8), "plan", "professional_monthly", 10), ((15, 8), "users", 25), ((11, 8), "users", 60),
            ((8, 8), "plan", "enterprise_annual", 80),
        ],
    },
    "kestrel": {"start": (25, 1), "plan": "professional_annual", "users": 45, "auto_renew": False},
    "lumen": {
        "start": (24, 8), "plan": "enterprise_annual_eur", "users": 60, "index": "price_index_consumer",
        "life": [((16, 8), "users", 80), ((6, 8), "users", 110)],
    },
    "maple": {
        "start": (25, 15), "plan": "professional_monthly", "users": 18,
        "life": [((17, 15), "users", 12), ((14, 14), "cancel", "Was bought, and moves to its owner's software.")],
    },
    "nimbus": {
        "start": (22, 15), "plan": "professional_quarterly_eur", "users": 12,
        "life": [((16, 15), "users", 20), ((9, 15), "users", 30)],
    },
    "orchid": {
        "start": (21, 1), "plan": "professional_annual", "users": 35, "deal": 48, "auto_renew": False,
        "life": [((11, 10), "renew", 4), ((8, 1), "users", 50)],
    },
    "pebble": {
        "start": (21, 15), "plan": "starter_monthly",
        "life": [
            ((12, 15), "plan", "professional_monthly", 15), ((7, 15), "pause", "Between two games."),
            ((4, 15), "resume", "The next game is being made."),
        ],
    },
    "quartz": {
        "start": (20, 1), "plan": "enterprise_annual", "users": 90, "deal": 85,
        "life": [((14, 1), "option", "Premium support"), ((8, 1), "users", 110)],
    },
    "redwood": {
        "start": (19, 1), "plan": "professional_annual", "users": 60, "deal": 60,
        "life": [((7, 1), "users", 40)],
    },
    "saffron": {
        "start": (18, 8), "plan": "starter_monthly",
        "life": [((12, 7), "cancel", "Closes its office.")],
    },
    "thistle": {
        "start": (17, 1), "plan": "professional_monthly", "users": 14,
        "life": [((7, 1), "users", 9), ((3, 1), "users", 6)],
    },
    "umbra": {
        "start": (16, 1), "term": "multi_year", "currency": "EUR", "life": [((4, 1), "price", 4)],
    },
    "vertex": {
        "start": (15, 1), "plan": "enterprise_annual_eur", "users": 95, "deal": 96,
        "life": [((7, 1), "users", 130)],
    },
    "willow": {"start": (14, 1), "plan": "professional_annual_eur", "users": 40, "life": [((6, 1), "users", 46)]},
    "xenon": {"start": (13, 1), "plan": "enterprise_annual", "users": 100, "deal": 74},
    "yarrow": {"start": (5, 8), "plan": "starter_monthly"},
    "zephyr": {
        "start": (11, 1), "plan": "professional_quarterly_eur", "users": 25,
        "life": [((8, 1), "users", 40), ((4, 1), "plan", "enterprise_annual_eur", 60)],
    },
    "atlas": {"start": (10, 1), "plan": "enterprise_annual", "users": 120, "deal": 90, "onboard": 6},
    "basalt": {"start": (9, 15), "plan": "professional_annual_eur", "users": 28},
    "cobalt": {"start": (8, 1), "term": "multi_year", "onboard": 8},
    "dune": {
        "start": (8, 15), "plan": "professional_monthly", "users": 20,
        "life": [((3, 14), "cancel", "No budget for next season.")],
    },
    "elm": {"start": (7, 8), "plan": "starter_monthly", "life": [((2, 8), "plan", "professional_monthly", 8)]},
    "falcon": {"start": (6, 1), "plan": "professional_quarterly_eur", "users": 15, "life": [((2, 1), "users", 35)]},
    "kestrel_again": {
        "customer": "kestrel", "start": (6, 1), "plan": "professional_monthly", "users": 40, "deal": 40,
    },
    "glacier": {"start": (5, 1), "plan": "enterprise_annual", "users": 75, "deal": 66, "onboard": 10},
    "heron": {"start": (3, 1), "plan": "professional_annual", "users": 40, "deal": 52, "onboard": 26},
    "indigo": {"start": (1, 15), "plan": "professional_quarterly_eur", "users": 22, "onboard": 4},
}  # fmt: skip

# Calls of the interface in a month, in thousands: at the start, and today.
CALLS = {
    "fjord": (400, 930), "granite": (400, 900), "juniper": (6, 640), "lumen": (300, 720), "quartz": (500, 940),
    "vertex": (400, 910), "xenon": (1500, 4200), "atlas": (900, 2600), "cobalt": (500, 980), "glacier": (300, 870),
    "umbra": (200, 350), "thistle": (40, 9), "kestrel_again": (50, 62), "nimbus": (20, 96), "redwood": (60, 31),
}  # fmt: skip
OTHER_CALLS = (8, 30)

# Opportunities that were lost: customer, plan, users, first and last day, how far it came, why. Odoo learns the chance
# of open deals from these: where none was lost that came to some stage, all that come there seem certain.
LOST_DEALS = (
    ("Amber Tools", "professional_annual", 30, (22, 4), (20, 20), "qualification", "budget"),
    ("Birch Furniture", "professional_monthly", 15, (20, 11), (19, 18), "proposal", "competitor"),
    ("Coral Diving", "professional_monthly", 12, (17, 3), (16, 9), "lead", "no_decision"),
    ("Dragon Ceramics", "enterprise_annual", 110, (15, 6), (12, 21), "negotiation", "terms"),
    ("Ebony Audio", "professional_annual", 40, (12, 5), (11, 3), "proposal", "competitor"),
    ("Flint Energy", "enterprise_annual", 140, (10, 2), (7, 17), "signing", "budget"),
    ("Garnet Steel", "professional_annual", 55, (8, 9), (6, 26), "qualification", "no_decision"),
    ("Hazel Bakery", "professional_monthly", 10, (6, 12), (5, 15), "qualification", "budget"),
    ("Ivory Hotels", "enterprise_annual", 90, (5, 7), (2, 18), "negotiation", "competitor"),
)

# What customers ask, how urgent it is, and the hours until it is answered and until it is resolved.
TICKETS = (
    ("Invoice shows the old address", "low", 0.8, 20),
    ("Export takes an hour", "medium", 0.6, 19),
    ("New colleagues cannot sign in", "high", 0.5, 5),
    ("How do we archive a project?", "low", 0.9, 30),
    ("Webhook is called twice", "medium", 0.7, 22),
    ("Totals differ by a cent", "medium", 0.5, 22),
    ("Nothing loads since this morning", "urgent", 0.4, 3),
    ("Which address ranges do you call from?", "low", 0.7, 9),
    ("Report by cost centre", "medium", 2, 70),
    ("Key of the interface was refused", "high", 0.7, 4),
    ("Time zone of the weekly mail", "low", 0.9, 46),
    ("Upload stops at 2 GB", "medium", 0.8, 31),
    ("Two people edit the same record", "medium", 3, 23),
    ("Slow search in the afternoon", "high", 0.6, 7),
)

# (months ago, day, first hour, minutes), state, title, and what was the cause.
OUTAGES = (
    ((21, 9), "22:00", 60, "maintenance", "Upgrade of the operating systems", ""),
    ((17, 17), "08:40", 25, "down", "Interface answers with errors", "A release was rolled back."),
    ((14, 20), "22:00", 90, "maintenance", "Move to another storage", ""),
    ((8, 6), "09:10", 215, "down", "The platform cannot be reached",
     "A switch failed, and the second one had the same fault. Both were replaced; another carrier was added."),
    ((5, 15), "22:00", 60, "maintenance", "Upgrade of the database", ""),
    ((4, 12), "13:30", 70, "degraded", "Reports are slow", "An index was missing after the upgrade."),
)  # fmt: skip

# What the company spends in a month, 24 months ago and last month.
SPENDING = {
    "hosting": ("601100", "Hosting", 1050, 5400),
    "support": ("630100", "Salaries, support", 900, 5200),
    "development": ("630200", "Salaries, development", 5200, 12400),
    "sales": ("630300", "Salaries, sales", 2300, 4900),
    "administration": ("630400", "Salaries, administration", 1500, 2900),
    "it": ("630500", "Salaries, IT", 600, 1300),
    "marketing": ("640100", "Marketing", 700, 2300),
}
