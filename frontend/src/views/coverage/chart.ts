/** Shares as columns, the largest first, with a line for all together. */
import { fontOf, frameOf, MOST_NAMED, type Drawing } from "@/components/office/chart";
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

/** The share of all together and what it is called; null: no line. */
interface Whole {
  permille: number;
  name: string;
}

export function sharesOf(bars: readonly Bar[], whole: Whole | null): Drawing {
  const shown = inOrder(bars);
  const isNamed = shown.length <= MOST_NAMED;
  return (look) => {
    const font = fontOf(look);
    const frame = frameOf(
      shown.map(({ name }) => name),
      look,
    );
    const data = shown.map(({ key, name, permille }) => ({
      key,
      name,
      value: (permille ?? 0) / 10,
      text: shareText(permille),
      itemStyle: {
        color: look.colour(whole !== null && permille !== null && permille < whole.permille ? "amber" : "song"),
      },
    }));
    type Drawn = { data: (typeof data)[number] };
    return {
      ...frame,
      // No HTML in the tooltip: the pages' CSP takes no style attributes in markup.
      tooltip: { renderMode: "richText", formatter: ({ data: one }: Drawn) => `${one.name}  ${one.text}` },
      yAxis: {
        ...(frame.yAxis as object),
        max: 100,
        interval: 25,
        axisLabel: { ...font, formatter: "{value}%" },
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
                  lineStyle: { color: look.colour("ink-2"), type: "dashed" },
                  label: { ...font, position: "insideEndTop", formatter: `${whole.name} ${shareText(whole.permille)}` },
                  data: [{ yAxis: whole.permille / 10 }],
                },
        },
      ],
    };
  };
}
