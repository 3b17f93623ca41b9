"""Does a file look as GB/T 9704-2012 wants? Measured in the file itself, whoever made it; nothing is rendered."""
