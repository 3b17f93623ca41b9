"""The papers of a meeting: 会议通知, 议程, 纪要, 周调度."""
