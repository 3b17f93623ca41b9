"""What the office can do, in steps that touch log and Temporal: the door, healing, office records, issuing."""
