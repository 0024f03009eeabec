"""Hold the arithmetic of integrations and infrastructure: no database, no clock, no input or output."""
