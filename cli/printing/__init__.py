"""What the office prints: 简报 and 动态, the year's figures, the papers on one matter."""
