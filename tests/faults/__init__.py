"""Faults in one place: everything that may go wrong around the product, struck under load by one seeded driver."""
