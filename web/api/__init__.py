"""`/api/v1`: the JSON of the command line over HTTPS, for programs that carry a token."""
