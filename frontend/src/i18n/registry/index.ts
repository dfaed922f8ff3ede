/** The registry of schools: a module for each page. */
import grants from "./grants";
import imports from "./imports";
import jobs from "./jobs";
import rosters from "./rosters";
import schools from "./schools";

const zh = {
  title: "基础信息",
  tabs: { schools: "学校", people: "授权", rosters: "名册", imports: "导入", jobs: "任务" },
  yes: "是",
  no: "否",
  edit: "修改",
  changed: {
    title: "您打开之后, 别人改过这里",
    now: "{name} 现在是: {value}",
    elsewhere: "改的不是这张表里的内容。",
    hint: "您没有动过的已经换成现在的内容; 再按一次保存, 就按这张表写入。",
    take: "改用现在的内容",
  },
  refused: {
    "changed-meanwhile": "别人刚刚改过。页面已经更新, 请看过以后再做一次",
    "wrong-state": "现在不能这样做, 请刷新后再看",
    "wrong-day": "日期不对: 不能在今天以后, 也不能早于上一次变动",
    "wrong-parent": "所属学校不对: 教学点必须属于一所开办中的学校, 别的学校不能有所属学校",
    "school-code-malformed": "标识码不对: 应是 10 位数字, 前两位与办学类型一致",
    "school-code-taken": "这个标识码已经给过, 不能再给",
    "name-taken": "已经有同名或同号的一项",
    "code-unknown": "代码表里没有这一项, 或者年级与学段不符",
    "unreadable-file": "这个文件读不了: 请用模板另存为 .xlsx 或 CSV, 不超过 4 MB 和 50000 行",
    "own-grant": "不能给自己授权, 也不能收回自己的角色, 请找别的管理员",
    "grant-too-long": "截止时间不能晚于您自己的管理员期限",
    "malformed-input": "有没有填的或者填错的项",
    "not-found": "没有找到, 它可能不在您负责的范围里",
    forbidden: "您的账号不能这样做",
    "internal-error": "服务器出了错, 已经记入日志",
    "worker-lost": "做这件事的进程三次中断, 已经放弃",
  },
  school: schools.zh.school,
  history: schools.zh.history,
  standing: schools.zh.standing,
  class: schools.zh.class,
  room: schools.zh.room,
  staff: schools.zh.staff,
  grant: grants.zh,
  roster: rosters.zh,
  import: imports.zh,
  job: jobs.zh,
};

const en: typeof zh = {
  title: "Registry",
  tabs: { schools: "Schools", people: "Roles", rosters: "Rosters", imports: "Import", jobs: "Jobs" },
  yes: "yes",
  no: "no",
  edit: "Edit",
  changed: {
    title: "Somebody changed this after you had opened it",
    now: "{name} is now: {value}",
    elsewhere: "What changed is not in this form.",
    hint: "What you did not touch is up to date below; save once more to write the form.",
    take: "Take what it is now",
  },
  refused: {
    "changed-meanwhile": "Somebody changed it this moment. The page is up to date now: look, then do it again",
    "wrong-state": "This is not possible now; reload and look again",
    "wrong-day": "The day cannot be: not after today, and not before the last thing that happened",
    "wrong-parent": "A teaching point belongs to an open school; no other school belongs to one",
    "school-code-malformed": "A code has ten digits, and begins with the two of the school's category",
    "school-code-taken": "This code was given before, and is never given twice",
    "name-taken": "There is one of this name or number already",
    "code-unknown": "The code tables do not have this, or the grade is not of the stage",
    "unreadable-file": "This file cannot be read: save the template as .xlsx or CSV, at most 4 MB and 50,000 rows",
    "own-grant": "Nobody gives herself a role or takes her own back: ask another administrator",
    "grant-too-long": "The role may not outlast your own as administrator",
    "malformed-input": "Something is missing or wrong",
    "not-found": "Not found; it may lie outside what you are responsible for",
    forbidden: "Your account may not do this",
    "internal-error": "The server failed; it is in its log",
    "worker-lost": "The process that worked on it died three times; it was given up on",
  },
  school: schools.en.school,
  history: schools.en.history,
  standing: schools.en.standing,
  class: schools.en.class,
  room: schools.en.room,
  staff: schools.en.staff,
  grant: grants.en,
  roster: rosters.en,
  import: imports.en,
  job: jobs.en,
};

export default { zh, en };
