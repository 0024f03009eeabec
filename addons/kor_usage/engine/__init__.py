"""Hold the arithmetic of usage: plain functions of reports and days, without database, clock or input and output."""
