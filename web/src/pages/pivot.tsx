import { useMemo, useState } from "preact/hooks";
import { locale, spanName, t } from "../i18n";
import { useApi } from "../lib/hooks";
import { forDrawing, formatDecimal, formatMoney } from "../lib/money";
import type { Cell, Pivot } from "../lib/types";
import { joinValues, splitValues, viewSearch } from "../lib/view";
import { useApp, useNav } from "../ui/app-context";
import { Button, Card, Empty, Load, PageHead } from "../ui/basic";
import { Dialog, MenuButton } from "../ui/dialog";
import { Number_ } from "../ui/explain";
import { ExportMenu, FilterBar } from "../ui/filterbar";
import { dimName, measureName, valueName } from "../ui/names";



interface Saved { name: string; search: string }
function savedViews(tenant: string): Saved[] {
  try {
    return JSON.parse(localStorage.getItem(`centavo.pivots.${tenant}`) ?? "[]") as Saved[];
  } catch {
    return [];
  }
}

export default function PivotPage() {
  const app = useApp();
  const { view, meta, tenant } = app;
  const nav = useNav();
  // The smallest and the largest charge are asked of silver; who sees gold only is offered sums and counts.
  const silver = app.me.tenants.find((x) => x.id === tenant)?.layers.includes("silver");
  const aggregates = silver ? (["sum", "min", "max", "count"] as const) : (["sum", "count"] as const);
  const rows = view.extra["r"] !== undefined ? splitValues(view.extra["r"]).filter((r) => r !== "-") : ["ServiceCategory", "ServiceName"];
  const columns = view.extra["k"] !== undefined ? splitValues(view.extra["k"]).filter((k) => k !== "-") : ["month"];
  const values = view.extra["val"] ? splitValues(view.extra["val"]) : [`${view.m}:sum`];
  const heat = view.extra["heat"] === "1";
  const set = (change: Record<string, string>) => nav.set({ ...view, extra: { ...view.extra, ...change } });
  const { by: _by, sort: _sort, g: _g, c: _c, ...rest } = view;
  const search = viewSearch({ ...rest, by: [], sort: "-value", g: "", c: "prev", extra: { r: joinValues(rows), k: joinValues(columns), val: joinValues(values), subtotals: "1" } });
  const answer = useApi<Pivot>(nav.api("/pivot" + search), true);
  const dims = ["month", "day", ...meta!.dims.map((d) => d.id).filter((d) => d !== "month" && d !== "day")].map((id) => ({ id, text: dimName(id) }));
  const free = dims.filter((d) => !rows.includes(d.id) && !columns.includes(d.id));
  const [saving, setSaving] = useState(false);
  const [name, setName] = useState("");
  const [saved, setSaved] = useState(() => savedViews(tenant!));
  const keep = (list: Saved[]) => {
    setSaved(list);
    try { localStorage.setItem(`centavo.pivots.${tenant}`, JSON.stringify(list)); } catch { /* not kept in a private window */ }
  };
  const shelf = (label: string, list: string[], key: "r" | "k", most: number) => (
    <div class="shelf" role="group" aria-label={label}>
      <span class="field-label">{label}</span>
      {list.map((d, i) => (
        <MenuButton key={d} class="chip-button" items={() => [
          ...(i > 0 ? [{ text: t("pivot.earlier"), icon: "right", act: () => { const n = [...list]; [n[i - 1], n[i]] = [n[i]!, n[i - 1]!]; set({ [key]: joinValues(n) }); } }] : []),
          ...(i < list.length - 1 ? [{ text: t("pivot.later"), icon: "right", act: () => { const n = [...list]; [n[i + 1], n[i]] = [n[i]!, n[i + 1]!]; set({ [key]: joinValues(n) }); } }] : []),
          ...(key === "r" && columns.length < 1 ? [{ text: t("pivot.to_columns"), icon: "pivot", act: () => set({ r: joinValues(list.filter((x) => x !== d)) || "-", k: d }) }] : []),
          ...(key === "k" && rows.length < 4 ? [{ text: t("pivot.to_rows"), icon: "pivot", act: () => set({ k: "-", r: joinValues([...rows, d]) }) }] : []),
          { text: t("pivot.remove"), icon: "close", act: () => set({ [key]: joinValues(list.filter((x) => x !== d)) || "-" }) },
        ]}>{dimName(d)}</MenuButton>
      ))}
      {list.length < most && <MenuButton class="button quiet" icon="plus" label={t("pivot.add_to", { name: label })} items={() => free.map((d) => ({ text: d.text, act: () => set({ [key]: joinValues([...list, d.id]) }) }))} />}
    </div>
  );
  const allValues = meta!.measures.map((m) => m.id).concat("charge_count");
  return (
    <>
      <PageHead title={t("page.pivot")} note={t("pivot.note")}>
        {saved.length > 0 && <MenuButton align="end" items={() => saved.map((s) => ({ text: s.name, icon: "pivot", href: nav.to("pivot") + s.search }))}>{t("pivot.saved")}</MenuButton>}
        <Button onClick={() => { setName(""); setSaving(true); }}>{t("pivot.save")}</Button>
        <ExportMenu path={nav.api("/pivot")} search={search} />
      </PageHead>
      <FilterBar without={["compare", "measure"]} />
      <div class="filterbar second shelves">
        {shelf(t("pivot.rows"), rows, "r", 4)}
        {shelf(t("pivot.columns"), columns, "k", 1)}
        <div class="shelf" role="group" aria-label={t("pivot.values")}>
          <span class="field-label">{t("pivot.values")}</span>
          {values.map((v, i) => {
            const [m, agg] = v.split(":") as [string, string];
            const put = (next: string) => set({ val: joinValues(values.map((x, at) => (at === i ? next : x))) });
            return (
              <MenuButton key={v} class="chip-button" items={() => [
                ...aggregates.filter((a) => a !== agg && m !== "charge_count").map((a) => ({ text: t(`agg.${a}`), act: () => put(`${m}:${a}`) })),
                { text: "", separator: true },
                ...allValues.filter((x) => x !== m).map((x) => ({ text: measureName(x), act: () => put(`${x}:${x === "charge_count" ? "sum" : agg}`) })),
                ...(values.length > 1 ? [{ text: "", separator: true }, { text: t("pivot.remove"), icon: "close", act: () => set({ val: joinValues(values.filter((_, at) => at !== i)) }) }] : []),
              ]}>{measureName(m)}: {t(`agg.${agg as "sum"}`)}</MenuButton>
            );
          })}
          {values.length < 4 && <MenuButton class="button quiet" icon="plus" label={t("pivot.add_to", { name: t("pivot.values") })} items={() => allValues.flatMap((m) => aggregates.slice(0, m === "charge_count" ? 1 : aggregates.length).map((a) => `${m}:${a}`)).filter((v) => !values.includes(v)).map((v) => ({ text: `${measureName(v.split(":")[0]!)}: ${t(`agg.${v.split(":")[1] as "sum"}`)}`, act: () => set({ val: joinValues([...values, v]) }) }))} />}
        </div>
        <label class="check"><input type="checkbox" checked={heat} onChange={() => set({ heat: heat ? "" : "1" })} />{t("pivot.heat")}</label>
      </div>
      <Load answer={answer} lines={14}>{(p) => <PivotGrid key={`${p.rows}/${p.columns}`} p={p} heat={heat} />}</Load>
      <Dialog open={saving} title={t("pivot.save")} onClose={() => setSaving(false)}>
        <form onSubmit={(e) => { e.preventDefault(); if (!name.trim()) return; keep([...saved.filter((s) => s.name !== name.trim()), { name: name.trim(), search: viewSearch(view) }]); setSaving(false); app.toast(t("pivot.kept")); }}>
          <label class="field"><span class="field-label">{t("name")}</span><input value={name} required maxLength={60} onInput={(e) => setName(e.currentTarget.value)} /></label>
          <p class="muted small">{t("pivot.kept_where")}</p>
          {saved.length > 0 && <ul class="plain-list">{saved.map((s) => <li key={s.name} class="row"><span class="grow">{s.name}</span><Button kind="quiet" icon="close" aria-label={t("pivot.forget", { name: s.name })} onClick={() => keep(saved.filter((x) => x !== s))} /></li>)}</ul>}
          <div class="dialog-foot"><Button onClick={() => setSaving(false)}>{t("cancel")}</Button><Button kind="primary" type="submit">{t("save")}</Button></div>
        </form>
      </Dialog>
    </>
  );
}

function PivotGrid({ p, heat }: { p: Pivot; heat: boolean }) {
  const { view } = useApp();
  const [closed, setClosed] = useState<Set<string>>(new Set());
  const [shown, setShown] = useState(400);
  const path = (key: (string | null)[]) => JSON.stringify(key);
  const visible = useMemo(() => p.tree.filter((n) => {
    for (let d = 1; d < n.key.length; d++) if (closed.has(path(n.key.slice(0, d)))) return false;
    return true;
  }), [p, closed]);
  const width = p.values.length;
  const colour = useMemo(() => {
    const all = p.tree.filter((n) => n.depth === p.rows.length).flatMap((n) => n.cells.flatMap((c) => (c ? [c[0]] : []))).map((v) => Math.abs(forDrawing(v === null || v === undefined ? null : String(v))));
    const top = Math.max(...all, 1e-9);
    return (v: Decimal_ | undefined) => (v === null || v === undefined ? 0 : Math.min(5, Math.ceil((Math.abs(forDrawing(String(v))) / top) ** 0.5 * 5)));
  }, [p]);
  if (p.tree.length === 0) return <Empty title={t("cost.empty")}><p>{t("pivot.empty")}</p></Empty>;
  const show = (v: Decimal_ | undefined, i: number, keys: (string | null)[], dims: string[]) => {
    if (v === null || v === undefined) return <span class="muted">–</span>;
    const value = p.values[i]!;
    if (value.measure === "charge_count" || value.agg === "count") return <span class="num">{formatDecimal(String(v), locale())}</span>;
    if (value.agg !== "sum") return <span class="num" title={formatMoney(String(v), p.currency, locale(), true)}>{formatMoney(String(v), p.currency, locale())}</span>;
    return <Number_ value={String(v)} currency={p.currency} dims={dims} keys={keys} view={{ ...view, m: value.measure, extra: {} }} />;
  };
  const cells = (list: Cell[], total: Cell, keys: (string | null)[], dims: string[], leaf: boolean) => (
    <>
      {p.column_keys.map((column, ci) => p.values.map((_, vi) => {
        const v = list[ci]?.[vi];
        return <td key={`${ci}.${vi}`} class={`number ${heat && leaf && vi === 0 ? `heat-${colour(v)}` : ""}`}>{show(v, vi, [...keys, ...column], [...dims, ...p.columns])}</td>;
      }))}
      {p.values.map((_, vi) => <td key={`t${vi}`} class="number total">{show(total?.[vi], vi, keys, dims)}</td>)}
    </>
  );
  const head = (text: string) => (isDate(p.columns[0]) ? spanName(text) : valueName(text));
  const multi = width > 1;
  return (
    <Card class="pivot-card">
      <div class="scroll tall" role="region" aria-label={t("page.pivot")} tabindex={0}>
        <table class="pivot compact">
          <caption class="sr">{t("page.pivot")}</caption>
          <thead>
            <tr>
              <th scope="col" rowSpan={multi ? 2 : 1}>{p.rows.map(dimName).join(" › ") || t("total")}</th>
              {p.column_keys.map((k, i) => <th key={i} scope="colgroup" colSpan={width} class="number">{k.map((x) => head(x ?? "(none)")).join(" · ")}</th>)}
              <th scope="colgroup" colSpan={width} class="number total">{t("total")}</th>
            </tr>
            {multi && (
              <tr>
                {[...p.column_keys, ["Σ"]].map((_, i) => p.values.map((v, vi) => <th key={`${i}.${vi}`} scope="col" class={`number ${i === p.column_keys.length ? "total" : ""}`}>{measureName(v.measure)} {t(`agg.${v.agg as "sum"}`)}</th>))}
              </tr>
            )}
          </thead>
          <tbody>
            {visible.slice(0, shown).map((n) => {
              const id = path(n.key);
              const isClosed = closed.has(id);
              const label = n.key[n.key.length - 1];
              return (
                <tr key={id} class={n.subtotal ? `subtotal d${n.depth}` : `d${n.depth}`}>
                  <th scope="row">
                    <span class={`indent i${n.depth}`}>
                      {n.subtotal ? <button type="button" class="twist" aria-expanded={!isClosed} aria-label={t("pivot.fold", { name: valueName(label) })} onClick={() => { const next = new Set(closed); if (!next.delete(id)) next.add(id); setClosed(next); }}><span aria-hidden="true">{isClosed ? "▸" : "▾"}</span></button> : <span class="twist" />}
                      <span class="label" title={valueName(label)}>{isDate(p.rows[n.depth - 1]) ? spanName(String(label)) : valueName(label)}</span>
                    </span>
                  </th>
                  {cells(n.cells, n.total, n.key, p.rows.slice(0, n.depth), !n.subtotal)}
                </tr>
              );
            })}
          </tbody>
          <tfoot><tr><th scope="row">{t("total")}</th>{cells(p.grand.cells, p.grand.total, [], [], false)}</tr></tfoot>
        </table>
      </div>
      {visible.length > shown && <p class="row more"><Button onClick={() => setShown(shown + 1000)}>{t("table.more", { n: visible.length - shown })}</Button></p>}
      {p.truncated && <p class="muted small pad">{t("pivot.truncated")}</p>}
    </Card>
  );
}

const isDate = (dim: string | undefined) => dim === "month" || dim === "day";

type Decimal_ = string | number | null;
