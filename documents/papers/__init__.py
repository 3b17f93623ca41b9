"""督办单, 催办单, 批复, 通报 and the like, each issued under its 文号."""
