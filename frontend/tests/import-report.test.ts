/** What the report of an import shows: each cell that is wrong, and all of them as a file. */
import { createApp, type App } from "vue";
import { afterEach, expect, it } from "vitest";
import { i18n } from "../src/i18n";
import ImportReport from "../src/views/registry/ImportReport.vue";
import type { Report } from "../src/views/registry/import-report";

const RIGHT: Report = { rows: 2, created: 2, changed: 0, unchanged: 0, left_out: 0, is_written: false, faults: [] };
const FAULTY: Report = {
  ...RIGHT,
  created: 1,
  left_out: 1,
  faults: [{ row: 3, column: "纬度", value: "北纬", reason: "not-a-number" }],
};

let app: App | null = null;
afterEach(() => {
  app?.unmount();
  app = null;
  i18n.global.locale.value = "zh";
});

function show(report: Report): HTMLElement {
  const page = document.createElement("div");
  app = createApp(ImportReport, { report, jobId: "0193" });
  app.use(i18n).mount(page);
  return page;
}

it.each([
  ["zh", "把这些错误存成文件", "不是数字"],
  ["en", "These faults as a file", "Not a number"],
] as const)("names each fault and gives them as a file, in %s", (locale, offer, reason) => {
  i18n.global.locale.value = locale;
  const page = show(FAULTY);
  expect([...page.querySelectorAll("td")].map((cell) => cell.textContent)).toEqual(["3", "纬度", "北纬", reason]);
  expect(page.textContent).toContain(offer);
  expect([...page.querySelectorAll("a")].map((link) => link.getAttribute("href"))).toEqual([
    "/api/imports/0193/faults/export?format=xlsx",
    "/api/imports/0193/faults/export?format=csv",
  ]);
});

it("gives no file where nothing is wrong", () => {
  expect(show(RIGHT).querySelectorAll("a")).toHaveLength(0);
});

it("says how many more rows are wrong, and of a column that is missing nothing of the kind", () => {
  expect(show({ ...FAULTY, left_out: 5 }).textContent).toContain("还有 4 行有错没有列出。");
  app?.unmount();
  const faults = [{ row: 1, column: "学校名称", value: "", reason: "column-missing" }];
  expect(show({ ...FAULTY, left_out: 5, faults }).textContent).not.toContain("没有列出");
});

it("shows the first of many faults and says that the file has all", () => {
  const page = show({ ...FAULTY, left_out: 3, fault_count: 2100 });
  expect(page.textContent).toContain("共 2100 处错误, 这里列出前 1 处; 全部都在文件里:");
  app?.unmount();
  // Of one alliance several things may be wrong, and more than one with a row.
  expect(show({ ...FAULTY, left_out: 5, fault_count: 1 }).textContent).not.toMatch(/没有列出|这里列出/);
});
