"""工作简报 and 工作动态: what an issue says, by which recipe, and its way from draft to number."""
