"""Sections that several documents share: what each says of a period, and the recipe that chooses among them."""
