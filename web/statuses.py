"""What the answer to a refusal is called, and its status: alike for documents and pages."""

from views.codes import FORBIDDEN, MALFORMED, NOT_FOUND, UNAUTHENTICATED, UNREACHABLE

TITLES = {
    400: "请求有误",
    401: "没有登录",
    403: "不能办理",
    404: "没有找到",
    405: "不能这样请求",
    409: "与规则或现状不符",
    412: "已有改动",
    413: "内容过大",
    422: "填写有误",
    429: "请求过多",
    500: "意外错误",
    503: "服务没有答复",
}


def status_of(code: str) -> int:
    """The status of a refusal; a rule's no is a conflict with how things stand, unless it is about who asks."""
    if code in ("precondition", "too_many"):
        return 412 if code == "precondition" else 429
    if code in MALFORMED or code == "too_large":
        return 422
    if code in UNAUTHENTICATED:
        return 401
    if code in NOT_FOUND:
        return 404
    if code in UNREACHABLE:
        return 503
    return 403 if code in FORBIDDEN else 409
