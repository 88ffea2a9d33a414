/**
 * The state of a view as its address: `/t/{tenant}/{page}[/{id}]?p=&c=&by=&f.ServiceName=…`.
 * Keys are sorted and defaults left out, so that the same view has the same address.
 */

export interface Filter {
  dim: string;
  values: string[];
  exclude: boolean;
}

export interface View {
  p: string;
  c: string;
  m: string;
  cur: string;
  by: string[];
  g: string;
  sort: string;
  rel: string;
  crel: string;
  filters: Filter[];
  /** What only one page understands: `v`, `sel`, `r`, `k`, `val`, … */
  extra: Record<string, string>;
}

export const defaults = { p: "last", c: "prev", m: "EffectiveCost", cur: "", g: "", sort: "-value", rel: "", crel: "" };
const plain = Object.keys(defaults) as (keyof typeof defaults)[];

export function emptyView(): View {
  return { ...defaults, by: [], filters: [], extra: {} };
}

/** Values are separated by commas; a comma or a backslash inside a value is written with a backslash. */
export function splitValues(text: string): string[] {
  const values: string[] = [];
  let current = "";
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === "\\" && i + 1 < text.length) current += text[++i];
    else if (c === ",") {
      values.push(current);
      current = "";
    } else current += c;
  }
  values.push(current);
  return values.filter((v) => v !== "");
}

export function joinValues(values: readonly string[]): string {
  return values.map((v) => v.replace(/[\\,]/g, "\\$&")).join(",");
}

export function parseView(search: string): View {
  const view = emptyView();
  for (const [key, value] of new URLSearchParams(search)) {
    if (key === "by") view.by = splitValues(value).slice(0, 3);
    else if (/^[fx]\../.test(key)) {
      const values = splitValues(value);
      if (values.length) view.filters.push({ dim: key.slice(2), values, exclude: key[0] === "x" });
    } else if (plain.includes(key as keyof typeof defaults)) view[key as keyof typeof defaults] = value;
    else view.extra[key] = value;
  }
  view.filters.sort((a, b) => (filterKey(a) < filterKey(b) ? -1 : 1));
  return view;
}

function filterKey(filter: Filter): string {
  return (filter.exclude ? "x." : "f.") + filter.dim;
}

function encode(text: string): string {
  return encodeURIComponent(text)
    .replace(/%2C/g, ",").replace(/%3A/g, ":").replace(/%20/g, "+").replace(/%24/g, "$").replace(/%2F/g, "/")
    .replace(/%5C/g, "\\").replace(/%40/g, "@");
}

/** "" or "?…", keys sorted, defaults left out. */
export function viewSearch(view: View): string {
  const pairs: [string, string][] = [];
  for (const key of plain) if (view[key] !== defaults[key] && view[key] !== "") pairs.push([key, view[key]]);
  if (view.by.length) pairs.push(["by", joinValues(view.by)]);
  for (const f of view.filters) if (f.values.length) pairs.push([filterKey(f), joinValues(f.values)]);
  for (const [key, value] of Object.entries(view.extra)) if (value !== "") pairs.push([key, value]);
  pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return pairs.length ? "?" + pairs.map(([k, v]) => `${encode(k)}=${encode(v)}`).join("&") : "";
}

export function withFilter(view: View, dim: string, values: string[], exclude = false): View {
  const filters = view.filters.filter((f) => !(f.dim === dim && f.exclude === exclude));
  if (values.length) filters.push({ dim, values, exclude });
  filters.sort((a, b) => (filterKey(a) < filterKey(b) ? -1 : 1));
  return { ...view, filters };
}

/** Another tenant keeps the page and the period and drops what only the old one knows. */
export function forTenant(view: View): View {
  return { ...emptyView(), p: view.p, c: view.c, m: view.m };
}

/** The next or the previous month, or undefined where `period` is not a month. */
export function shiftMonth(period: string, by: number): string | undefined {
  const match = /^(\d{4})-(\d{2})$/.exec(period);
  if (!match) return undefined;
  const month = Number(match[1]) * 12 + Number(match[2]) - 1 + by;
  return `${Math.floor(month / 12).toString().padStart(4, "0")}-${((month % 12) + 1).toString().padStart(2, "0")}`;
}
