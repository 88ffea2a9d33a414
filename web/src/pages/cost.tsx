import { useMemo } from "preact/hooks";
import { count, dateTime, locale, plural, spanName, spanText, t } from "../i18n";
import { useApi } from "../lib/hooks";
import { formatRatio } from "../lib/money";
import type { Cost, CostRow, Release } from "../lib/types";
import { viewSearch, withFilter } from "../lib/view";
import { useApp, useNav } from "../ui/app-context";
import { Bar, Button, Card, Change, Empty, Load, PageHead, Segmented, Select } from "../ui/basic";
import { Chart } from "../ui/chart";
import { narrowed, Number_ } from "../ui/explain";
import { FilterBar } from "../ui/filterbar";
import { dimName, measureName, valueName } from "../ui/names";
import { Table, type Column } from "../ui/table";

const keyText = (dim: string | undefined, value: string | null | undefined) => (dim === "month" || dim === "day" ? spanName(value ?? "") : valueName(value));

/** How deep a click goes when nothing else is chosen. */
const path = ["ServiceCategory", "ServiceName", "SubAccountId", "RegionId", "ChargeCategory"];

export default function CostPage() {
  const { view, meta } = useApp();
  const nav = useNav();
  const by = view.by.length ? view.by : ["ServiceName"];
  const { extra, ...rest } = view;
  const query = viewSearch({ ...rest, by, extra: { limit: extra["limit"] ?? "" } });
  const answer = useApi<Cost>(nav.api("/cost" + query), true);
  const releases = useApi<Release[]>(nav.api("/releases"));
  const chart = extra["v"] ?? "bar";
  const dims = meta!.dims.filter((d) => d.id !== "month" && d.id !== "day").map((d) => ({ id: d.id, text: dimName(d.id) }));
  const set = (at: number, id: string) => {
    const next = [...by];
    if (id) next[at] = id;
    else next.splice(at, 1);
    nav.set({ ...view, by: [...new Set(next)] });
  };
  const releaseOptions = [{ id: "", text: t("release.newest") }, ...(releases.data ?? []).map((r) => ({ id: String(r.number), text: `${r.number} · ${dateTime(r.at)}` }))];
  return (
    <>
      <PageHead title={t("page.cost")} note={answer.data ? [spanText(answer.data.period) + (answer.data.compare ? ` ${t("versus")} ${spanText(answer.data.compare)}` : ""), answer.data.currency, t("release.n", { n: String(answer.data.release) })].join(" · ") : undefined} />
      <FilterBar exports="/cost" />
      <div class="filterbar second">
        {by.map((d, i) => <Select key={i} label={i === 0 ? t("cost.by") : t("cost.then_by")} value={d} options={i === 0 ? dims : [{ id: "", text: t("cost.remove") }, ...dims]} onChange={(id) => set(i, id)} />)}
        {by.length < 3 && <Button kind="quiet" icon="plus" onClick={() => nav.set({ ...view, by: [...by, dims.map((d) => d.id).find((d) => !by.includes(d))!] })}>{t("cost.add_level")}</Button>}
        <span class="grow" />
        {(releases.data?.length ?? 0) > 1 && <Select label={t("release")} value={view.rel} options={releaseOptions} onChange={(rel) => nav.set({ ...view, rel })} />}
        {(releases.data?.length ?? 0) > 1 && view.c !== "none" && <Select label={t("release.compared")} value={view.crel} options={releaseOptions} onChange={(crel) => nav.set({ ...view, crel })} />}
      </div>
      <Load answer={answer} lines={14}>{(c) => <Content c={c} chart={chart as "bar" | "area" | "line"} />}</Load>
    </>
  );
}

function Content({ c, chart }: { c: Cost; chart: "bar" | "area" | "line" }) {
  const { view } = useApp();
  const nav = useNav();
  const plainView = { ...view, extra: {} };
  const drill = (row: CostRow) => {
    const here = narrowed(plainView, c.by, row.key);
    const fixed = new Set(here.filters.filter((f) => !f.exclude && f.values.length === 1).map((f) => f.dim));
    const next = path.find((d) => !c.by.includes(d) && !fixed.has(d));
    return next ? nav.to("cost", { ...here, by: [next] }) : nav.to("lines", { ...here, by: [] });
  };
  const columns = useMemo<Column<CostRow>[]>(() => [
    ...c.by.map((dim, i): Column<CostRow> => ({
      id: i === 0 ? "key" : `key${i}`, head: dimName(dim), row: i === 0, wide: true, order: i === 0 ? (r) => r.key[0] : undefined,
      cell: (r) => {
        const name = r.names[i];
        const label = <>{keyText(c.by[i], r.key[i])}{name && <span class="muted"> {name}</span>}</>;
        return i === 0 ? <a href={drill(r)}>{label}</a> : label;
      },
    })),
    { id: "value", head: measureName(c.measure), number: true, order: (r) => r.value, cell: (r) => <Number_ value={r.value} currency={c.currency} dims={c.by} keys={r.key} view={view} /> },
    ...(c.compare ? [
      { id: "before", head: t("before"), number: true, cell: (r: CostRow) => <Number_ value={r.before} currency={c.currency} dims={c.by} keys={r.key} view={{ ...plainView, p: `${c.compare!.from}..${c.compare!.to}`, rel: view.crel, crel: "" }} /> },
      { id: "change", head: t("change"), number: true, order: (r: CostRow) => r.change, cell: (r: CostRow) => <Change value={r.change} ratio={r.change_ratio} currency={c.currency} /> },
    ] : []),
    { id: "share", head: t("share"), number: true, cell: (r) => (r.share === null ? "–" : <>{formatRatio(String(r.share), locale())} <Bar ratio={r.share} label="" /></>) },
  ], [c, view]);
  if (c.rows.length === 0) {
    return <Empty title={t("cost.empty")}><p>{view.filters.length ? t("cost.empty_filtered") : t("cost.empty_period", { period: spanText(c.period) })}</p>{view.filters.length > 0 && <Button kind="primary" onClick={() => nav.set({ ...view, filters: [] })}>{t("filter.clear")}</Button>}</Empty>;
  }
  return (
    <div class="stack">
      <Chart
        title={t("cost.chart", { measure: measureName(c.measure), name: dimName(c.by[0] ?? "") })} buckets={c.series.buckets} currency={c.currency} kind={chart}
        note={[spanText(c.period), ...view.filters.map((f) => `${dimName(f.dim)} ${f.exclude ? "≠" : "="} ${f.values.map(valueName).join(", ")}`), t("release.n", { n: String(c.release) })].join(" · ")}
        series={c.series.rows.map((r) => ({ key: r.key ?? "(none)", name: valueName(r.key), values: r.values }))}
        actions={
          <>
            <Segmented label={t("cost.chart_kind")} value={chart} onChange={(v) => nav.set({ ...view, extra: { ...view.extra, v: v === "bar" ? "" : v } })} options={[{ id: "bar", text: t("chart.bars") }, { id: "area", text: t("chart.area") }, { id: "line", text: t("chart.lines") }]} />
            <Segmented label={t("cost.grain")} value={c.series.grain} onChange={(g) => nav.set({ ...view, g })} options={[{ id: "day", text: t("grain.day") }, { id: "month", text: t("grain.month") }]} />
          </>
        }
        onPick={c.by[0] ? (key) => nav.set(withFilter(view, c.by[0]!, [key])) : undefined}
      />
      <Card title={plural("cost.table", c.rows_total)}>
        <Table
          caption={t("page.cost")} columns={columns} rows={c.rows} first={300}
          sort={{ id: view.sort.replace("-", ""), down: view.sort.startsWith("-") }}
          onSort={({ id, down }) => nav.set({ ...view, sort: (down ? "-" : "") + id })}
          rowClass={(r) => (r.key[0] === null ? "none-row" : undefined)}
          foot={
            <tr>
              <th scope="row" colSpan={c.by.length || 1}>{t("total")}</th>
              <td class="number"><Number_ value={c.total} currency={c.currency} dims={[]} keys={[]} view={view} /></td>
              {c.compare && <td class="number"><Number_ value={c.before} currency={c.currency} dims={[]} keys={[]} view={{ ...plainView, p: `${c.compare.from}..${c.compare.to}` }} /></td>}
              {c.compare && <td class="number"><Change value={c.change} ratio={c.change_ratio} currency={c.currency} /></td>}
              <td />
            </tr>
          }
        />
        {c.truncated && <p class="row more"><Button onClick={() => nav.set({ ...view, extra: { ...view.extra, limit: "5000" } })}>{t("cost.show_all", { n: c.rows_total })}</Button><span class="muted">{t("cost.shown", { n: c.rows.length })}; {count(c.rows_total)}</span></p>}
      </Card>
    </div>
  );
}
