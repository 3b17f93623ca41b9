"""An edited copy of 《任务清单一览表》: what was changed in it, and which commands that means."""
