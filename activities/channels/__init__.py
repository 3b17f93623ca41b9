"""How a message leaves the house. One small port, and behind it a file, the apprise library, or any HTTP gateway."""
