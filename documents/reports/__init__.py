"""Looking back: 年度统计, the statement for 绩效考核, and what each unit was asked for."""
