"""A working year of the office on real workflows, in seconds: the main job, and the demo."""
