"""What is asked of a state and never decides: events put into words, scores, burdens, likenesses, progress added up."""
