"""What comes in: work plans, task lists and directories, read from sheets people made."""
