"""《任务清单一览表》: what everybody sees every week, computed from the log at one moment."""
