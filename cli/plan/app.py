"""The `xmh plan` group: which command lives where."""

from cli.shape import group

app = group(
    "工作计划和任务清单：从文稿列出草稿，导入后逐项立项交办。",
    {
        "draft": "cli.plan.drafting:draft_",
        "import": "cli.plan.importing:import_",
        "table": "cli.plan.table:table_",
        "carry-over": "cli.task.bases:carry_over",
        "schedule": "cli.plan.scheduling:schedule",
        "templates": "cli.plan.scheduling:templates",
        "version": "cli.plan.versions:version",
        "versions": "cli.plan.versions:versions",
    },
)
