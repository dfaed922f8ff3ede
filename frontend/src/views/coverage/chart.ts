/** What ECharts is told to draw. */
import type { EChartsCoreOption } from "echarts/core";
import { shareText } from "./words";

export interface Bar {
  key: string;
  name: string;
  /** null: there is nothing to be a share of; such a bar stands last and says so. */
  permille: number | null;
}

/** The largest share first; what has none last. */
export function inOrder(bars: readonly Bar[]): Bar[] {
  return [...bars].sort((a, b) => (b.permille ?? -1) - (a.permille ?? -1));
}

interface Look {
  whole: number | null;
  wholeName: string;
  /** A colour by its token. */
  colour: (name: string) => string;
  isStill: boolean;
}

/** Above so many columns their names and figures do not fit; the tooltip and the table say them. */
const MOST_NAMED = 24;

export function optionOf(bars: readonly Bar[], { whole, wholeName, colour, isStill }: Look): EChartsCoreOption {
  const shown = inOrder(bars);
  const isNamed = shown.length <= MOST_NAMED;
  const font = { color: colour("ink-2"), fontSize: 14, fontFamily: colour("font") };
  const data = shown.map(({ key, name, permille }) => ({
    key,
    name,
    value: (permille ?? 0) / 10,
    text: shareText(permille),
    itemStyle: { color: colour(whole !== null && permille !== null && permille < whole ? "amber" : "song") },
  }));
  type Drawn = { data: (typeof data)[number] };
  return {
    animation: !isStill,
    animationDuration: 150,
    textStyle: font,
    grid: { left: 8, right: 24, top: 32, bottom: 8, containLabel: true },
    // No HTML in the tooltip: the pages' CSP takes no style attributes in markup.
    tooltip: { renderMode: "richText", formatter: ({ data: one }: Drawn) => `${one.name}  ${one.text}` },
    xAxis: {
      type: "category",
      data: shown.map(({ name }) => name),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: colour("line") } },
      axisLabel: { ...font, show: isNamed, interval: 0, rotate: shown.length > 10 ? 35 : 0 },
    },
    yAxis: {
      type: "value",
      min: 0,
      max: 100,
      interval: 25,
      axisLabel: { ...font, formatter: "{value}%" },
      splitLine: { lineStyle: { color: colour("line") } },
    },
    series: [
      {
        type: "bar",
        barMaxWidth: 44,
        cursor: "pointer",
        data,
        label: { ...font, show: isNamed, position: "top", formatter: ({ data: one }: Drawn) => one.text },
        markLine:
          whole === null
            ? undefined
            : {
                silent: true,
                symbol: "none",
                lineStyle: { color: colour("ink-2"), type: "dashed" },
                label: { ...font, position: "insideEndTop", formatter: `${wholeName} ${shareText(whole)}` },
                data: [{ yAxis: whole / 10 }],
              },
      },
    ],
  };
}
