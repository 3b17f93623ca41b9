"""Facts about the product, checked on real servers and real databases."""
