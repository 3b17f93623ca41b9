"""批示件: what comes in for the leaders, from its registration to the answer to who instructed."""
