import { useState } from "preact/hooks";
import { spanName, spanText, t } from "../i18n";
import { apiUrl } from "../lib/api";
import { useApi } from "../lib/hooks";
import { formatMoney } from "../lib/money";
import { locale } from "../i18n";
import { parseView, viewSearch, withFilter, type View } from "../lib/view";
import { useApp, useNav } from "./app-context";
import { Button, Icon, Load, Segmented, Select, useDebounced } from "./basic";
import { Dialog, MenuButton } from "./dialog";
import { dimName, measureName, valueName } from "./names";

interface Props {
  without?: ("compare" | "measure" | "filters")[];
  /** The API's path whose answer can be had as a file. */
  exports?: string;
}

const formats: { id: string; text: string }[] = [
  { id: "csv", text: "CSV" },
  { id: "csvbr", text: "CSV (pt-BR: ; 1,5)" },
  { id: "xlsx", text: "Excel (XLSX)" },
  { id: "parquet", text: "Parquet" },
  { id: "jsonl", text: "JSON lines" },
];

export function ExportMenu({ path, search }: { path: string; search: string }) {
  return (
    <MenuButton
      icon="download" align="end" title={t("export")}
      items={() => [
        ...formats.map((f) => ({ text: f.text, icon: "download", download: true, href: apiUrl(path) + (search ? search + "&" : "?") + `format=${f.id}` })),
        { text: "", separator: true },
        { text: t("export.print"), icon: "print", act: () => setTimeout(() => print(), 50) },
      ]}
    >{t("export")}</MenuButton>
  );
}

export function FilterBar({ without = [], exports }: Props) {
  const { meta, view } = useApp();
  const nav = useNav();
  const [adding, setAdding] = useState<{ dim: string; exclude: boolean } | undefined>();
  const [days, setDays] = useState(false);
  if (!meta) return null;
  const months = meta.periods.map((p) => p.period).reverse();
  const isDays = /^\d{4}-\d{2}-\d{2}\.\./.test(view.p);
  const months2 = /^\d{4}-\d{2}\.\.\d{4}-\d{2}$/.test(view.p);
  const periods = [
    { id: "last", text: months[0] ? `${t("period.last")} (${spanName(months[0])})` : t("period.last") },
    { id: "3m", text: t("period.3m") }, { id: "6m", text: t("period.6m") }, { id: "12m", text: t("period.12m") }, { id: "all", text: t("period.all") },
    ...months.map((m) => ({ id: m, text: spanName(m) })),
    ...(isDays || months2 ? [{ id: view.p, text: spanText({ from: view.p.split("..")[0]!, to: view.p.split("..")[1]! }) }] : []),
    { id: "days", text: t("period.days") },
  ];
  const compares = [
    { id: "prev", text: t("compare.prev") }, { id: "yoy", text: t("compare.yoy") }, { id: "none", text: t("compare.none") },
    ...months.map((m) => ({ id: m, text: spanName(m) })),
  ];
  const currencies = meta.currencies.length > 1;
  return (
    <div class="filterbar">
      <Select label={t("period")} value={view.p} options={periods} onChange={(p) => (p === "days" ? setDays(true) : nav.set({ ...view, p }))} />
      {!without.includes("compare") && <Select label={t("compare")} value={view.c} options={compares} onChange={(c) => nav.set({ ...view, c })} />}
      {!without.includes("measure") && <Select label={t("measure")} value={view.m} options={meta.measures.map((m) => ({ id: m.id, text: measureName(m.id) }))} onChange={(m) => nav.set({ ...view, m })} />}
      {currencies && <Select label={t("currency")} value={view.cur || meta.tenant.currency} options={meta.currencies.map((c) => ({ id: c, text: c }))} onChange={(cur) => nav.set({ ...view, cur: cur === meta.tenant.currency ? "" : cur })} />}
      <div class="chips">
        {!without.includes("filters") && view.filters.map((f) => (
          <span class={`chip ${f.exclude ? "out" : ""}`} key={f.dim + f.exclude}>
            <button type="button" onClick={() => setAdding({ dim: f.dim, exclude: f.exclude })}>
              {dimName(f.dim)} {f.exclude ? "≠" : "="} {f.values.slice(0, 2).map(valueName).join(", ")}{f.values.length > 2 ? ` +${f.values.length - 2}` : ""}
            </button>
            <button type="button" class="x" aria-label={t("filter.remove", { name: dimName(f.dim) })} onClick={() => nav.set(withFilter(view, f.dim, [], f.exclude))}><Icon name="close" /></button>
          </span>
        ))}
        {!without.includes("filters") && <Button kind="quiet" icon="plus" id="add-filter" onClick={() => setAdding({ dim: meta.dims[0]?.id ?? "ServiceName", exclude: false })}>{t("filter.add")}</Button>}
        {!without.includes("filters") && view.filters.length > 1 && <Button kind="quiet" onClick={() => nav.set({ ...view, filters: [] })}>{t("filter.clear")}</Button>}
      </div>
      <div class="filterbar-end">
        {exports && <ExportMenu path={nav.api(exports)} search={viewSearch(view)} />}
      </div>
      <Dialog open={adding !== undefined} title={t("filter.title")} onClose={() => setAdding(undefined)}>
        {adding && <FilterForm start={adding} view={view} onDone={(next) => { setAdding(undefined); if (next) nav.set(next); }} />}
      </Dialog>
      <Dialog open={days} title={t("period.days")} onClose={() => setDays(false)}>
        {days && meta.days && <DaysForm first={meta.days.first} last={meta.days.last} start={isDays ? view.p : ""} onDone={(p) => { setDays(false); if (p) nav.set({ ...view, p }); }} />}
      </Dialog>
    </div>
  );
}

function DaysForm({ first, last, start, onDone }: { first: string; last: string; start: string; onDone: (p?: string) => void }) {
  const [a, b] = start ? start.split("..") : [last.slice(0, 8) + "01", last];
  const [from, setFrom] = useState(a!);
  const [to, setTo] = useState(b!);
  return (
    <form onSubmit={(e) => { e.preventDefault(); onDone(from <= to ? `${from}..${to}` : `${to}..${from}`); }}>
      <p class="row">
        <label class="field"><span class="field-label">{t("period.first_day")}</span><input type="date" required min={first} max={last} value={from} onInput={(e) => setFrom(e.currentTarget.value)} /></label>
        <label class="field"><span class="field-label">{t("period.last_day")}</span><input type="date" required min={first} max={last} value={to} onInput={(e) => setTo(e.currentTarget.value)} /></label>
      </p>
      <p class="muted small">{t("period.known", { from: spanName(first), to: spanName(last) })}</p>
      <div class="dialog-foot"><Button onClick={() => onDone()}>{t("cancel")}</Button><Button kind="primary" type="submit">{t("apply")}</Button></div>
    </form>
  );
}

function FilterForm({ start, view, onDone }: { start: { dim: string; exclude: boolean }; view: View; onDone: (next?: View) => void }) {
  const { meta } = useApp();
  const nav = useNav();
  const current = (dim: string, exclude: boolean) => view.filters.find((f) => f.dim === dim && f.exclude === exclude)?.values ?? [];
  const [dim, setDim] = useState(start.dim);
  const [exclude, setExclude] = useState(start.exclude);
  const [chosen, setChosen] = useState(() => new Set(current(start.dim, start.exclude)));
  const [typed, setTyped] = useState("");
  const asked = useDebounced(typed, 150);
  const search = new URLSearchParams({ q: asked, limit: "100" });
  for (const [k, v] of new URLSearchParams(viewSearch({ ...parseView(""), p: view.p, m: view.m, cur: view.cur }))) search.set(k, v);
  const answer = useApi<{ values: { value: string | null; name?: string | null; cost: string | null }[] }>(nav.api(`/dims/${encodeURIComponent(dim)}/values?${search}`), true);
  const toggle = (value: string) => {
    const next = new Set(chosen);
    if (!next.delete(value)) next.add(value);
    setChosen(next);
  };
  const currency = view.cur || meta!.tenant.currency;
  return (
    <form onSubmit={(e) => { e.preventDefault(); onDone(withFilter(start.exclude !== exclude || start.dim !== dim ? withFilter(view, start.dim, start.dim === dim ? [] : current(start.dim, start.exclude), start.exclude) : view, dim, [...chosen], exclude)); }}>
      <div class="row">
        <Select label={t("filter.dim")} value={dim} options={meta!.dims.filter((d) => d.id !== "month" && d.id !== "day").map((d) => ({ id: d.id, text: dimName(d.id) }))} onChange={(d) => { setDim(d); setChosen(new Set(current(d, exclude))); setTyped(""); }} />
        <Segmented label={t("filter.how")} value={exclude ? "x" : "f"} onChange={(v) => setExclude(v === "x")} options={[{ id: "f", text: t("filter.keep") }, { id: "x", text: t("filter.leave") }]} />
      </div>
      <label class="field"><span class="field-label">{t("filter.search")}</span><input type="search" value={typed} onInput={(e) => setTyped(e.currentTarget.value)} /></label>
      <Load answer={answer} lines={5}>
        {(data) => data.values.length === 0 ? <p class="muted">{t("filter.no_values")}</p> : (
          <fieldset class="choices">
            <legend class="sr">{dimName(dim)}</legend>
            {data.values.map(({ value, name, cost }) => {
              const key = value ?? "(none)";
              return (
                <label key={key} class="choice">
                  <input type="checkbox" checked={chosen.has(key)} onChange={() => toggle(key)} />
                  <span>{valueName(value)}{name && name !== value && <span class="muted"> {name}</span>}</span>
                  {cost !== null && <span class="num muted">{formatMoney(cost, currency, locale())}</span>}
                </label>
              );
            })}
          </fieldset>
        )}
      </Load>
      <div class="dialog-foot"><span class="muted small">{t("filter.chosen", { n: chosen.size })}</span><Button onClick={() => onDone()}>{t("cancel")}</Button><Button kind="primary" type="submit">{t("apply")}</Button></div>
    </form>
  );
}
