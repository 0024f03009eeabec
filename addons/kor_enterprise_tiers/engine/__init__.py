"""Price what a customer holds or consumes, in plain Python on exact decimals."""
