import { useState } from "preact/hooks";
import { count, locale, plural, t } from "../i18n";
import { useApi } from "../lib/hooks";
import { formatChange, formatMoney, sum, type Decimal } from "../lib/money";
import type { Explain } from "../lib/types";
import { viewSearch, withFilter, type View } from "../lib/view";
import { useApp, useNav } from "./app-context";
import { Badge, Load, Money, Mono } from "./basic";
import { Dialog, MenuButton, type MenuItem } from "./dialog";
import { dimName, valueKey, valueName } from "./names";
import { Table } from "./table";

interface Props {
  value: Decimal | null;
  currency: string;
  /** What stands for the number: the filters that make it. */
  dims: string[];
  keys: (string | null)[];
  change?: boolean;
  view?: View;
}

/** A month of months is a period; a day, or a month of days, is a filter: a day's charges may be on the next month's invoice. */
export function narrowed(view: View, dims: string[], keys: (string | null)[]): View {
  const inDays = /^\d{4}-\d{2}-\d{2}/.test(view.p);
  return dims.reduce((v, dim, i) => (dim === "month" && !inDays ? { ...v, p: keys[i] ?? v.p } : withFilter(v, dim, [valueKey(keys[i] ?? null)])), view);
}

/** A number that answers for itself: its menu shows the lines, breaks it out, filters by it, explains it, copies it. */
export function Number_({ value, currency, dims, keys, change, view: given }: Props) {
  const app = useApp();
  const nav = useNav();
  const [explaining, setExplaining] = useState(false);
  if (value === null) return <span class="muted">–</span>;
  const view = given ?? app.view;
  const other = keys.includes("(other)");
  const here = narrowed(view, dims, keys);
  const text = (change ? formatChange : formatMoney)(value, currency, locale());
  const full = (change ? formatChange : formatMoney)(value, currency, locale(), true);
  const last = dims[dims.length - 1];
  const items = (): MenuItem[] => {
    const list: MenuItem[] = [];
    if (!other) {
      list.push({ text: t("menu.explain"), icon: "help", act: () => setExplaining(true) });
      list.push({ text: t("menu.lines"), icon: "data", href: nav.to("lines", { ...here, by: [], extra: {}, sort: "-value" }) });
      const next = app.meta?.dims.map((d) => d.id).filter((d) => d !== "month" && d !== "day" && !dims.includes(d) && !here.filters.some((f) => f.dim === d && f.values.length === 1)).slice(0, 4) ?? [];
      for (const d of next) list.push({ text: t("menu.break_out", { name: dimName(d) }), icon: "cost", href: nav.to("cost", { ...here, by: [d], extra: {}, sort: "-value" }) });
      if (last && last !== "month" && last !== "day") {
        list.push({ text: "", separator: true });
        list.push({ text: t("menu.keep"), icon: "filter", act: () => nav.set(here) });
        list.push({ text: t("menu.leave"), icon: "close", act: () => nav.set(withFilter(view, last, [...(view.filters.find((f) => f.dim === last && f.exclude)?.values ?? []), valueKey(keys[keys.length - 1] ?? null)], true)) });
      }
      list.push({ text: "", separator: true });
    }
    list.push({ text: t("menu.copy"), icon: "link", act: () => { void navigator.clipboard?.writeText(value); app.toast(t("copied", { text: value })); } });
    return list;
  };
  const name = keys.map(valueName).join(" · ");
  return (
    <>
      <MenuButton class="number-button" label={t("menu.of", { text, name: name || t("total") })} title={full} items={items} align="end"><span class="num">{text}</span></MenuButton>
      {explaining && <ExplainDialog view={here} onClose={() => setExplaining(false)} />}
    </>
  );
}

export function ExplainDialog({ view, onClose }: { view: View; onClose: () => void }) {
  const nav = useNav();
  const app = useApp();
  const { by: _by, sort: _sort, ...rest } = view;
  const answer = useApi<Explain>(nav.api("/explain" + viewSearch({ ...rest, by: [], sort: "-value", c: "prev", extra: {} })));
  const currency = view.cur || app.meta?.tenant.currency || "";
  return (
    <Dialog open wide title={t("explain.title")} onClose={onClose}>
      <Load answer={answer} lines={10}>{(e) => <ExplainBody e={e} currency={currency} />}</Load>
    </Dialog>
  );
}

function ExplainBody({ e, currency }: { e: Explain; currency: string }) {
  const listed = sum(e.lines.map((l) => l.amount));
  return (
    <div class="stack">
      <p class="explain-total"><Money value={e.total} currency={currency} /> <Badge tone={e.holds ? "ok" : "bad"}>{e.holds ? t("explain.holds") : t("explain.differs")}</Badge></p>
      {e.differs && <p><Mono>{e.differs}</Mono></p>}
      <dl class="facts">
        <dt>{t("explain.every_digit")}</dt><dd class="num">{formatMoney(e.total, currency, locale(), true)}</dd>
        <dt>{t("explain.sum_of_lines")}</dt><dd class="num">{formatMoney(e.total_of_lines, currency, locale(), true)}</dd>
        <dt>{t("explain.rows")}</dt><dd>{count(e.rows)}</dd>
        <dt>{t("explain.table")}</dt><dd><Mono>{e.table}</Mono></dd>
        <dt>{t("explain.where")}</dt><dd><Mono>{e.where || t("explain.everything")}</Mono></dd>
      </dl>
      <h3>{plural("explain.files", e.files.length)}</h3>
      <Table caption={t("explain.files_caption")} rows={e.files} compact first={20} columns={[
        { id: "file", head: t("file"), row: true, wide: true, cell: (f) => <Mono>{f.file}</Mono>, order: (f) => f.file },
        { id: "amount", head: t("amount"), number: true, cell: (f) => <Money value={f.amount} currency={currency} />, order: (f) => f.amount },
      ]} />
      <h3>{t("explain.lines")}</h3>
      {e.lines.length < e.rows && <p class="muted small">{t("explain.some", { shown: e.lines.length, all: e.rows, sum: formatMoney(listed, currency, locale()) })}</p>}
      <Table caption={t("explain.lines")} rows={e.lines} compact first={50} columns={[
        { id: "file", head: t("file"), cell: (l) => <Mono title={l.file}>{l.file.split("/").pop()}</Mono>, order: (l) => l.file },
        { id: "row", head: t("row"), number: true, cell: (l) => count(l.row), order: (l) => l.row },
        { id: "amount", head: t("amount"), number: true, cell: (l) => <Money value={l.amount} currency={currency} />, order: (l) => l.amount },
        { id: "raw", head: t("explain.raw"), wide: true, cell: (l) => l.raw === null ? <span class="muted">{t("explain.raw_hidden")}</span> : <details class="raw"><summary>{t("explain.raw_show")}</summary><RawLine raw={l.raw} /></details> },
      ]} />
      {e.sql && <><h3>SQL</h3><pre class="code" tabindex={0}>{e.sql}</pre></>}
    </div>
  );
}

function RawLine({ raw }: { raw: string }) {
  let fields: [string, unknown][];
  try {
    fields = Object.entries(JSON.parse(raw) as Record<string, unknown>).filter(([, v]) => v !== null && v !== "");
  } catch {
    return <pre class="code" tabindex={0}>{raw}</pre>;
  }
  return <dl class="facts raw-line">{fields.map(([k, v]) => [<dt key={k}>{k}</dt>, <dd key={k + "="}>{typeof v === "object" ? JSON.stringify(v) : String(v)}</dd>])}</dl>;
}
