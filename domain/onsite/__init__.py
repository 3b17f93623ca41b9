"""督查组: an on-site inspection from its approved plan over findings and 整改 to 销号; a record of the office's own."""
