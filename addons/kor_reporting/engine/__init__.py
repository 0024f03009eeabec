"""Allocate costs and measure the business: plain Python on numbers and dates, without database, clock or input."""
