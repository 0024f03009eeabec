"""Hold the contract arithmetic: plain functions of dates, without database, clock or input and output."""
