"""The cabinet: how anything gets a number, is kept with its templates, and is printed again and compared."""
