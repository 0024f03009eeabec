"""The arithmetic of integrations and infrastructure: plain Python, no records, no clock, no network."""
