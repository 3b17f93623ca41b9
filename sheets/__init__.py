"""What a sheet that is written and read back looks like: its columns, its hidden key, the height of its rows."""
