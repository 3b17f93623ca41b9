"""`xmh doctor`: what is wrong with home, log and Temporal, each with its remedy."""
