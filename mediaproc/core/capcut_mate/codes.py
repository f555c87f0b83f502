"""The codes of capcut-mate's answers, with its own sentences in Chinese and English."""

from collections.abc import Mapping
from enum import Enum

SUBMITTED = "视频生成任务已提交，请使用draft_url查询进度"  # noqa: RUF001 - its own comma

_CHINESE, _ENGLISH = "zh", "en"


class Code(Enum):
    """The code, and what it means in both languages."""

    SUCCESS = (0, "成功", "Success")
    INVALID_PARAMETER = (1001, "参数校验失败", "Parameter validation failed")
    NOT_FOUND = (1002, "资源不存在", "Resource not found")
    INVALID_DRAFT_URL = (2001, "无效的草稿URL", "Invalid draft URL")
    CREATION_FAILED = (2002, "草稿创建失败", "Draft creation failed")
    DOWNLOAD_FAILED = (2005, "下载文件失败", "Download file failed")
    SUBMIT_FAILED = (2030, "视频生成任务提交失败", "Video generation task submit failed")
    TASK_NOT_FOUND = (2031, "视频生成任务未找到", "Video generation task not found")
    QUERY_FAILED = (2032, "视频任务状态查询失败", "Video task status query failed")
    NO_BALANCE = (2035, "账户余额不足", "Insufficient account balance")
    INVALID_KEY = (2036, "无效的 apiKey", "Invalid apiKey")
    INTERNAL = (9998, "系统内部错误", "Internal server error")

    def answer(self, *, language: str, detail: str = "") -> Mapping[str, object]:
        """The fields that every answer has; what is behind it goes in brackets, as there."""
        code, chinese, english = self.value
        message = english if language == _ENGLISH else chinese
        return {"code": code, "message": f"{message}({detail})" if detail else message}


def language_of(accepted: str | None) -> str:
    """The language of an `Accept-Language`: its first one, Chinese where that is another."""
    first = (accepted or "").partition(",")[0].partition(";")[0].partition("-")[0].strip().lower()
    return _ENGLISH if first == _ENGLISH else _CHINESE
