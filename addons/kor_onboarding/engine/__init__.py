"""Plan over working days and judge how it stands: no database, no clock, no input or output."""
