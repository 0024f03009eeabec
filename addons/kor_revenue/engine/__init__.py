"""Recognise revenue: plain Python on numbers and dates, without database, clock or input."""
