"""The users' words for what only this slice brings together."""

from app.recordings.models import RecordingState

RECORDING_STATE = {
    RecordingState.ARMED: "待录制",
    RecordingState.RECORDING: "录制中",
    RecordingState.GAP: "录制中断",
    RecordingState.FINALISING: "整理中",
    RecordingState.SEALED: "整理中",
    RecordingState.PROCESSING: "整理中",
    RecordingState.READY: "可回放",
    RecordingState.PUBLISHED: "已发布",
    RecordingState.BROKEN: "录制失败",
    RecordingState.REPAIRED: "已修复",
    RecordingState.WITHDRAWN: "已撤回",
    RecordingState.EXPIRED: "已到期",
    RecordingState.PURGED: "已销毁",
}
