"""How the delivery to an address stands, as every entrance says it."""

from eventlog.webhooks import KeptWebhook


def state_said(hook: KeptWebhook) -> str:
    """In one line, without the address."""
    if hook.stopped_at is not None:
        return f"已停止：{hook.error}"
    return f"连续{hook.attempts}次没有送达：{hook.error}" if hook.attempts else "正常"
