"""What may call other machines: pure of the ORM, so that threads can use it."""
