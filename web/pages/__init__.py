"""Pages for people: plain HTML that works without script, in the office's words."""
