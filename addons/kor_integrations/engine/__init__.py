"""How webhooks are signed and when they are tried again: plain Python, no records, no clock, no network."""
