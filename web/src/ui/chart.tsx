import type { EChartsType } from "echarts/core";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { locale, spanName, t } from "../i18n";
import { forDrawing, formatMoney, formatShort, sum, type Decimal } from "../lib/money";
import { useApp } from "./app-context";
import { Button, Card, Segmented, Skeleton } from "./basic";
import { Table } from "./table";

export interface Series {
  key: string;
  name: string;
  values: (Decimal | null)[];
  /** Drawn as a thin dashed line, such as the period before. */
  ghost?: boolean;
  /** A colour of its own choice, 0 to 7. */
  slot?: number;
}

interface ChartProps {
  title: string;
  /** Days or months. */
  buckets: string[];
  series: Series[];
  currency: string;
  kind: "bar" | "area" | "line";
  onPick?: (key: string) => void;
  /** Written under the title in an exported picture. */
  note?: string;
  actions?: ComponentChildren;
}

/** Colours belong to names, not to ranks: the same service keeps its colour when the order changes. */
function slots(keys: string[]): Map<string, number> {
  const taken = new Set<number>();
  const result = new Map<string, number>();
  for (const key of [...keys].sort()) {
    let hash = 0;
    for (const c of key) hash = (hash * 31 + c.codePointAt(0)!) >>> 0;
    let slot = hash % 8;
    while (taken.has(slot) && taken.size < 8) slot = (slot + 1) % 8;
    taken.add(slot);
    result.set(key, slot);
  }
  return result;
}

function css(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function Chart({ title, buckets, series, currency, kind, onPick, note, actions }: ChartProps) {
  const { dark } = useApp();
  const [mode, setMode] = useState<"chart" | "table">("chart");
  const [ready, setReady] = useState(false);
  const [said, say] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(undefined);
  const at = useRef(-1);
  const shown = series.filter((s) => s.values.length > 0);
  const slot = useMemo(() => slots(shown.filter((s) => !s.ghost && s.key !== "(other)").map((s) => s.key)), [shown.map((s) => s.key).join("\n")]);
  const colour = (s: Series) => (s.ghost ? css("--muted") : s.key === "(other)" ? css("--other") : css(`--series-${s.slot ?? slot.get(s.key) ?? 0}`));

  useEffect(() => {
    if (mode !== "chart") return;
    let gone = false;
    let observer: ResizeObserver | undefined;
    void import("./echarts").then(({ init }) => {
      if (gone || !box.current) return;
      chart.current = init(box.current, undefined, { renderer: "svg" });
      observer = new ResizeObserver(() => chart.current?.resize());
      observer.observe(box.current);
      setReady(true);
    });
    return () => {
      gone = true;
      observer?.disconnect();
      chart.current?.dispose();
      chart.current = undefined;
      setReady(false);
    };
  }, [mode]);

  const tip = (index: number): HTMLElement => {
    const root = document.createElement("div");
    root.className = "tip";
    const head = document.createElement("strong");
    head.textContent = spanName(buckets[index] ?? "");
    root.append(head);
    const list = document.createElement("dl");
    for (const s of shown) {
      const value = s.values[index];
      if (value === null || value === undefined) continue;
      const name = document.createElement("dt");
      const dot = document.createElement("i");
      dot.style.background = colour(s);
      name.append(dot, s.name);
      const number = document.createElement("dd");
      number.textContent = formatMoney(value, currency, locale());
      list.append(name, number);
    }
    root.append(list);
    const solid = shown.filter((s) => !s.ghost);
    if (solid.length > 1) {
      const foot = document.createElement("p");
      foot.textContent = `${t("total")} ${formatMoney(sum(solid.map((s) => s.values[index] ?? "0")), currency, locale())}`;
      root.append(foot);
    }
    return root;
  };

  useEffect(() => {
    if (!ready || !chart.current) return;
    const text = css("--muted");
    const font = getComputedStyle(document.body).fontFamily;
    chart.current.setOption({
      animation: false,
      textStyle: { fontFamily: font, color: text },
      grid: { left: 8, right: 12, top: 12, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      tooltip: {
        trigger: "axis", confine: true, transitionDuration: 0, backgroundColor: css("--surface"), borderColor: css("--line-strong"), borderWidth: 1, padding: 0,
        textStyle: { color: css("--text"), fontFamily: font, fontSize: 12 }, extraCssText: "box-shadow:none;border-radius:8px",
        axisPointer: { type: kind === "bar" ? "shadow" : "line", shadowStyle: { color: css("--hover"), opacity: 0.6 } },
        formatter: (at: unknown) => tip((at as { dataIndex: number }[])[0]?.dataIndex ?? 0),
      },
      xAxis: {
        type: "category", data: buckets.map((b) => spanName(b, true)), boundaryGap: kind === "bar", axisTick: { show: false },
        axisLine: { lineStyle: { color: css("--line-strong") } }, axisLabel: { color: text, fontSize: 12, hideOverlap: true },
      },
      yAxis: {
        type: "value", splitNumber: 4, axisLabel: { color: text, fontSize: 12, formatter: (v: number) => formatShort(v, locale()) },
        splitLine: { lineStyle: { color: css("--line") } },
      },
      series: shown.map((s) => ({
        id: s.key + (s.ghost ? "~" : ""), name: s.name, data: s.values.map((v) => (v === null ? null : forDrawing(v))),
        type: s.ghost || kind !== "bar" ? "line" : "bar", stack: s.ghost || kind === "line" ? undefined : "all", barMaxWidth: 44, symbol: "none", showSymbol: false,
        itemStyle: { color: colour(s) },
        lineStyle: { width: s.ghost ? 1.5 : kind === "area" ? 1 : 2, type: s.ghost ? "dashed" : "solid", color: colour(s) },
        areaStyle: kind === "area" && !s.ghost ? { color: colour(s), opacity: 0.75 } : undefined,
        emphasis: { disabled: true },
      })),
    }, { notMerge: true });
  }, [ready, dark, kind, JSON.stringify([buckets, shown.map((s) => [s.name, s.values])]), locale()]);

  const key = (e: KeyboardEvent) => {
    const last = buckets.length - 1;
    const next = { ArrowRight: Math.min(last, at.current + 1), ArrowLeft: Math.max(0, at.current - 1), Home: 0, End: last }[e.key];
    if (e.key === "Escape") chart.current?.dispatchAction({ type: "hideTip" });
    if (next === undefined) return;
    e.preventDefault();
    at.current = next;
    chart.current?.dispatchAction({ type: "showTip", seriesIndex: 0, dataIndex: next });
    const solid = shown.filter((s) => !s.ghost);
    const total = sum(solid.map((s) => s.values[next] ?? "0"));
    say(`${spanName(buckets[next]!)}: ${formatMoney(total, currency, locale())}`);
  };

  const table = (unseen: boolean) => (
    <Table
      unseen={unseen}
      caption={title} rows={buckets.map((b, i) => ({ b, i }))} compact
      columns={[
        { id: "b", head: t("date"), row: true, cell: (r) => spanName(r.b), order: (r) => r.b },
        ...shown.map((s) => ({
          id: s.key + (s.ghost ? "~" : ""), head: s.name, number: true, order: (r: { i: number }) => s.values[r.i],
          cell: (r: { i: number }) => { const v = s.values[r.i]; return v === null || v === undefined ? "–" : <span class="num" title={formatMoney(v, currency, locale(), true)}>{formatMoney(v, currency, locale())}</span>; },
        })),
      ]}
    />
  );

  return (
    <Card
      title={title} class="chart-card"
      actions={
        <>
          {actions}
          <Segmented label={t("chart.shown_as")} value={mode} onChange={setMode} options={[{ id: "chart", text: t("chart.chart") }, { id: "table", text: t("chart.table") }]} />
          {mode === "chart" && <Button kind="quiet" icon="download" aria-label={t("chart.png_of", { title })} onClick={() => chart.current && savePicture(chart.current, title, note ?? "", shown.map((s) => ({ name: s.name, colour: colour(s) })))}>PNG</Button>}
        </>
      }
    >
      {mode === "table" ? table(false) : (
        <>
          {shown.length > 1 && (
            <ul class="legend" aria-label={t("chart.legend")}>
              {shown.map((s) => (
                <li key={s.key + (s.ghost ? "~" : "")}>
                  {onPick && !s.ghost && s.key !== "(other)"
                    ? <button type="button" title={t("menu.keep")} onClick={() => onPick(s.key)}><i style={{ background: colour(s) }} />{s.name}</button>
                    : <span><i class={s.ghost ? "dash" : undefined} style={s.ghost ? undefined : { background: colour(s) }} />{s.name}</span>}
                </li>
              ))}
            </ul>
          )}
          <div class="chart" role="group" aria-roledescription={t("chart.chart")} aria-label={t("chart.keys", { title })} tabindex={0} onKeyDown={key}>
            <div ref={box} class="chart-box" aria-hidden="true">{!ready && <Skeleton lines={5} />}</div>
          </div>
          <div class="sr" aria-live="polite">{said}</div>
          <div class="sr-table">{table(true)}</div>
        </>
      )}
    </Card>
  );
}

/** A picture with its title and filters in it, so that it can be understood alone. */
function savePicture(chart: EChartsType, title: string, note: string, legend: { name: string; colour: string }[]): void {
  const width = chart.getWidth();
  const height = chart.getHeight();
  const head = 64 + (legend.length > 1 ? 22 : 0);
  const image = new Image();
  image.onload = () => {
    const canvas = document.createElement("canvas");
    canvas.width = width * 2;
    canvas.height = (height + head) * 2;
    const draw = canvas.getContext("2d")!;
    draw.scale(2, 2);
    draw.fillStyle = css("--surface");
    draw.fillRect(0, 0, width, height + head);
    draw.fillStyle = css("--text");
    draw.font = `600 15px ${getComputedStyle(document.body).fontFamily}`;
    draw.fillText(title, 12, 26);
    draw.fillStyle = css("--muted");
    draw.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    draw.fillText(note, 12, 46);
    let x = 12;
    if (legend.length > 1) for (const item of legend) {
      draw.fillStyle = item.colour;
      draw.fillRect(x, 58, 10, 10);
      draw.fillStyle = css("--text");
      draw.fillText(item.name, x + 14, 67);
      x += draw.measureText(item.name).width + 32;
    }
    draw.drawImage(image, 0, head, width, height);
    canvas.toBlob((blob) => {
      if (!blob) return;
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = `${title}.png`.replace(/[\\/:*?"<>|]+/g, " ");
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  };
  image.src = chart.getDataURL({ type: "svg" });
}
