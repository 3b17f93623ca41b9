"""`xmh`: the root of the command line, and the one place where errors become one line and an exit code."""

import sys
from os.path import exists
from typing import Annotated, NoReturn

import typer
from typer.main import get_command

from cli.session import Exit, Problem, answer, fail, problem_of, session
from cli.shape import group
from domain.base import Refusal
from domain.bounds import seen, visible
from eventlog.patience import set_answer_limit
from process import age, leave

ANSWER_WITHIN = 9.0
"""Seconds for everything a command waits for; to look once more and to leave takes the tenth."""


def _say_version(asked: bool) -> None:
    if asked:
        from services.status import installed_versions

        versions = installed_versions()
        answer({"versions": versions}, f"xmh {versions['xmh']}（Python {versions['python']}）")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", help="显示版本", is_eager=True, callback=_say_version, show_default=False)
    ] = False,
) -> None:
    """What `xmh` itself takes."""
    del version


app = group(
    "督办：事事有回应、件件有落实。\n\n"
    "每个督办事项从立项到销号全程留痕，简报和台账都由事件日志生成。先运行 xmh up，再用 xmh task 办理。",
    {
        "task": "cli.task.app:app",
        "today": "cli.task.desk:today",
        "ask": "cli.task.desk:ask",
        "leader": "cli.task.leading:leader",
        "inspection": "cli.inspection.app:app",
        "incoming": "cli.incoming.app:app",
        "assess": "cli.assess.app:app",
        "meeting": "cli.meeting.app:app",
        "plan": "cli.plan.app:app",
        "org": "cli.org:app",
        "calendar": "cli.calendar:app",
        "policy": "cli.policy:app",
        "briefing": "cli.printing.briefing:app",
        "form": "cli.printing.papers:form",
        "paper": "cli.printing.papers:app",
        "notice": "cli.notice:app",
        "suggestion": "cli.suggestion:app",
        "burden": "cli.burden:show",
        "audit": "cli.audit:app",
        "archive": "cli.archive:app",
        "access": "cli.access:app",
        "login": "cli.login:login",
        "logout": "cli.login:logout",
        "webhook": "cli.webhook:app",
        "headquarters": "cli.headquarters:app",
        "city": "cli.city:app",
        "transfer": "cli.transfer:app",
        "web": "cli.service.web:web",
        "up": "cli.service.commands:up",
        "down": "cli.service.commands:down",
        "status": "cli.service.commands:status",
        "doctor": "cli.service.commands:doctor",
        "worker": "cli.service.commands:worker",
        "recover": "cli.service.commands:recover",
        "migrate": "cli.service.commands:migrate",
        "upgrade": "cli.service.upgrade:upgrade",
        "backup": "cli.service.keeping:backup",
        "restore": "cli.service.keeping:restore",
        "drill": "cli.service.keeping:drill",
        "simulate": "cli.simulate:simulate",
        "demo": "cli.simulate:demo",
    },
    options=_options,
)


def run() -> NoReturn:
    """The console script: run the command, then leave through the one function every process leaves by."""
    # Counted from the moment the process was started; what takes its time says so (`cli.shape.TAKES_TIME`).
    set_answer_limit(ANSWER_WITHIN - age())
    leave(_code(sys.argv[1:]))


def _code(arguments: list[str]) -> int:
    # A mistake before the shared options are parsed must still be answered in the asked form.
    session.json = "--json" in arguments
    try:
        try:
            get_command(app).main(args=[*map(_typed, arguments)], prog_name="xmh", standalone_mode=False)
        except Refusal as refusal:
            fail(problem_of(refusal))
        except Problem as problem:
            fail(problem)
        except Exception as error:  # the last line of defence: a person never sees a traceback
            fail(_explained(error))
    except SystemExit as ending:
        return int(ending.code or 0)
    except KeyboardInterrupt:
        sys.stderr.write("已中断\n")
        return Exit.INTERRUPTED
    return Exit.DONE


def _typed(argument: str) -> str:
    """What was typed, without characters nobody sees; the name of a file that exists stays as it is.

    Raises:
        Problem: it is no text (exit 2).
    """
    plain = visible(argument)
    if plain == argument and argument.isprintable():
        return argument
    if any(map(exists, (argument, argument.partition("=")[2]))):
        return argument
    if not plain.isprintable() and any("\ud800" <= c <= "\udfff" for c in plain):
        raise Problem(f"参数“{seen(plain)[:40]}”不是 UTF-8 文字，请检查终端的编码", "malformed")
    return plain


def _explained(error: Exception) -> Problem:
    """The person's version of an error that is neither a refusal nor a problem already."""
    from cli.explain import explain_error

    return explain_error(error)
