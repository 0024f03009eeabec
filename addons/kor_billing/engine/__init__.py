"""What a contract owes, as pure functions of its terms."""
