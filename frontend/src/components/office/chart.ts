/** How charts look: the same letters, lines and colours everywhere; and columns of plain numbers. */
import type { EChartsCoreOption } from "echarts/core";

/** What the page says of its looks when a chart is drawn. */
export interface Look {
  /** A colour, or another value, by its token. */
  colour: (name: string) => string;
  /** Whether people asked for no motion. */
  isStill: boolean;
}

/** What a chart is drawn from, once the looks are known. */
export type Drawing = (look: Look) => EChartsCoreOption;

/** Above so many columns their names and figures do not fit; the tooltip and the table say them. */
export const MOST_NAMED = 24;
const MOST_LEVEL = 10;

export function fontOf({ colour }: Look): { color: string; fontSize: number; fontFamily: string } {
  return { color: colour("ink-2"), fontSize: 14, fontFamily: colour("font") };
}

/** What every chart of columns has: its place, and its two axes. `names`: those of the columns. */
export function frameOf(names: readonly string[], look: Look): EChartsCoreOption {
  const font = fontOf(look);
  const line = { lineStyle: { color: look.colour("line") } };
  return {
    animation: !look.isStill,
    animationDuration: 150,
    textStyle: font,
    grid: { left: 8, right: 24, top: 32, bottom: 8, containLabel: true },
    xAxis: {
      type: "category",
      data: names,
      axisTick: { show: false },
      axisLine: line,
      axisLabel: { ...font, show: names.length <= MOST_NAMED, interval: 0, rotate: names.length > MOST_LEVEL ? 35 : 0 },
    },
    yAxis: { type: "value", min: 0, axisLabel: font, splitLine: line },
  };
}

/** A column; `text` is its number as people read it. */
export interface Column {
  key: string;
  name: string;
  value: number;
  text: string;
}

/** Columns in the order they are given, each with its number above it. */
export function columnsOf(columns: readonly Column[]): Drawing {
  type Drawn = { data: Column };
  return (look) => ({
    ...frameOf(
      columns.map(({ name }) => name),
      look,
    ),
    // No HTML in the tooltip: the pages' CSP takes no style attributes in markup.
    tooltip: { renderMode: "richText", formatter: ({ data: one }: Drawn) => `${one.name}  ${one.text}` },
    series: [
      {
        type: "bar",
        barMaxWidth: 44,
        cursor: "pointer",
        itemStyle: { color: look.colour("song") },
        data: columns,
        label: {
          ...fontOf(look),
          show: columns.length <= MOST_NAMED,
          position: "top",
          formatter: ({ data: one }: Drawn) => one.text,
        },
      },
    ],
  });
}
