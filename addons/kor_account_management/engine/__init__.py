"""Health, forecasts and what they would have foretold: no database, no clock, no input or output."""
