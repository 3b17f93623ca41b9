"""`xmh up --detach`: the supervisor goes on in a process and session of its own, and tells when it is ready."""

import json
import os
import select
import sys
import traceback
from contextlib import suppress
from typing import Any, NoReturn

from cli.explain import explain_error
from cli.session import Exit, Problem, problem_of
from domain.base import Refusal
from process import leave
from services.embedded.supervise import READY_WITHIN, Supervisor


def detached_supervisor(supervisor: Supervisor) -> dict[str, Any]:
    """Leave the supervisor of `xmh up` behind in the background and return what it says once it is ready.

    The process is forked, not started afresh: the lock on the home goes over to it without a moment in between.

    Raises:
        Problem: it did not become ready; nothing runs then.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    listen, speak = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(listen)
        _watch(supervisor, speak)
    os.close(speak)
    answer = _heard(listen)
    if answer is None:
        raise Problem(f"督办服务没有就绪；原因见 {supervisor.home / 'logs' / 'up.log'}", "not_ready", Exit.UNREACHABLE)
    if "error" in answer:
        raise Problem(answer["error"], answer["code"], Exit(answer["exit"]))
    return answer


def ready_document(supervisor: Supervisor, pid: int) -> dict[str, Any]:
    """What `up` says once everything works."""
    return {
        "ready": True,
        "temporal": supervisor.address,
        "web": supervisor.web,
        "home": str(supervisor.home),
        "pid": pid,
    }


def _watch(supervisor: Supervisor, speak: int) -> NoReturn:
    """The child: never returns into the command that forked it."""
    code = 0
    say = _Once(speak)
    try:
        os.setsid()
        _own_output(supervisor)
        supervisor.run(lambda _found: say(ready_document(supervisor, os.getpid())))
    except BaseException as error:
        # Whatever it is, the process that waits must hear of it.
        traceback.print_exc()
        problem = _problem(error)
        code = problem.exit_code
        say({"error": problem.message, "code": problem.code, "exit": int(code)})
    leave(code)


def _problem(error: BaseException) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, Refusal):
        return problem_of(error)
    return explain_error(error) if isinstance(error, Exception) else Problem("已中断", "interrupted")


def _own_output(supervisor: Supervisor) -> None:
    """The terminal may close; what is said from now on goes to a log."""
    log = os.open(supervisor.home / "logs" / "up.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(nothing)
    os.close(log)


class _Once:
    """One word to whoever waits, then silence: the descriptor's number may be another file's afterwards."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def __call__(self, document: dict[str, Any]) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        with suppress(OSError):  # he may have been interrupted; the service goes on without him
            os.write(descriptor, json.dumps(document, ensure_ascii=False).encode() + b"\n")
        os.close(descriptor)


def _heard(listen: int) -> dict[str, Any] | None:
    line = b""
    while not line.endswith(b"\n"):
        if not select.select([listen], [], [], READY_WITHIN + 60)[0]:
            return None
        part = os.read(listen, 65536)
        if not part:
            return None
        line += part
    document: dict[str, Any] = json.loads(line)
    return document
