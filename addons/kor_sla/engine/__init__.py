"""Interval arithmetic, availability, service clocks and credits: no database, no clock, no input or output."""
