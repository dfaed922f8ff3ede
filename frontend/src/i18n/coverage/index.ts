/** Coverage, gaps, curricula, local timetables, signed figures: a module for each kind of page. */
import figures from "./figures";
import plans from "./plans";
import sheets from "./sheets";

const zh = {
  title: "覆盖与开齐开足",
  tabs: {
    coverage: "覆盖",
    gaps: "开课缺口",
    sheets: "指标核定",
    reports: "统计报告",
    definitions: "指标定义",
    curricula: "课程计划",
    timetables: "本地课表",
  },
  ...figures.zh,
  ...plans.zh,
  ...sheets.zh,
};

const en: typeof zh = {
  title: "Coverage and required subjects",
  tabs: {
    coverage: "Coverage",
    gaps: "Gaps",
    sheets: "Signed figures",
    reports: "Reports",
    definitions: "Definitions",
    curricula: "Curriculum",
    timetables: "Local timetables",
  },
  ...figures.en,
  ...plans.en,
  ...sheets.en,
};

export default { zh, en };
