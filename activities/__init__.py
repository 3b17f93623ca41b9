"""The hands: what workflows have done for them."""
