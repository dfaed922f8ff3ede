/** Jobs: long work with its progress and what came of it. */
const zh = {
  title: "任务",
  hint: "导入这样的长活; 页面可以离开, 做完在这里看结果",
  any_state: "全部状态",
  empty: "没有任务",
  empty_hint: "导入表格以后, 这里能看到进度和结果。",
  what: "任务",
  asked: "提交时间",
  stands: "进度",
  result: "结果",
  cancel: "取消",
  retry: "重做",
  stopping: "正在停止…",
  may_leave: "可以离开这个页面, 任务会继续。",
  done_of: "{done} / {total}",
  attempts_n: "第 {n} 次",
  kind: {
    schools_import: "导入学校",
    planning_plan: "排课",
  },
  state: {
    QUEUED: "排队中",
    RUNNING: "进行中",
    DONE: "已完成",
    FAILED: "未能完成",
    DEAD: "已放弃",
    CANCELLED: "已取消",
  },
};

const en: typeof zh = {
  title: "Jobs",
  hint: "long work such as imports; leave the page, and find here what came of it",
  any_state: "Any state",
  empty: "No job",
  empty_hint: "Import a table, and see its progress and result here.",
  what: "Job",
  asked: "Asked for",
  stands: "Progress",
  result: "Result",
  cancel: "Cancel",
  retry: "Do again",
  stopping: "Stopping…",
  may_leave: "You may leave this page; the work goes on.",
  done_of: "{done} of {total}",
  attempts_n: "attempt {n}",
  kind: {
    schools_import: "Import of schools",
    planning_plan: "Planning of lessons",
  },
  state: {
    QUEUED: "Waiting",
    RUNNING: "Running",
    DONE: "Done",
    FAILED: "Could not be done",
    DEAD: "Given up on",
    CANCELLED: "Cancelled",
  },
};

export default { zh, en };
