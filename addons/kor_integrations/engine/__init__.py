"""How webhooks are signed and when they are tried again: plain Python, no records, no clock, no network."""
"""Hold the arithmetic of integrations and infrastructure: no database, no clock, no input or output."""
