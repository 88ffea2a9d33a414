import { en } from "./en";
import type { Key, Messages } from "./en";

export type { Key } from "./en";
export type Lang = "en" | "pt-BR";
export const languages: { id: Lang; name: string }[] = [
  { id: "en", name: "English" },
  { id: "pt-BR", name: "Português (Brasil)" },
];

let messages: Messages = en;
let current: Lang = "en";

/** The other language is fetched on demand. */
export async function loadLanguage(lang: Lang): Promise<void> {
  messages = lang === "pt-BR" ? (await import("./pt")).pt : en;
  current = lang;
  document.documentElement.lang = lang;
}
export function lang(): Lang {
  return current;
}
export function locale(): string {
  return current === "en" ? "en-US" : "pt-BR";
}

export type Vars = Record<string, string | number>;

/** The message with `{name}` replaced; numbers are written in the locale. */
export function t(key: Key, vars?: Vars): string {
  const text = messages[key];
  if (!vars) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = vars[name];
    return value === undefined ? whole : typeof value === "number" ? count(value) : value;
  });
}

/** "1 row", "20 rows": the message has both forms, parted by "|". */
export function plural(key: Key, n: number, vars?: Vars): string {
  const [one, other] = messages[key].split("|");
  const form = new Intl.PluralRules(locale()).select(n) === "one" ? one! : (other ?? one!);
  return form.replace(/\{(\w+)\}/g, (whole, name: string) => (name === "n" ? count(n) : String(vars?.[name] ?? whole)));
}

/** A word of the server (state, role, cause…): translated where known, else as it came. */
export function word(kind: string, value: string): string {
  const key = `${kind}.${value}` as Key;
  return key in messages ? messages[key] : value;
}

export function count(n: number): string {
  return new Intl.NumberFormat(locale()).format(n);
}
export function bytes(n: number | null | undefined): string {
  if (n === null || n === undefined) return "–";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) {
    n /= 1000;
    i++;
  }
  return `${new Intl.NumberFormat(locale(), { maximumFractionDigits: i === 0 || n >= 100 ? 0 : 1 }).format(n)} ${units[i]}`;
}
export function seconds(n: number | null | undefined): string {
  if (n === null || n === undefined) return "–";
  const f = (x: number, digits: number) => new Intl.NumberFormat(locale(), { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(x);
  if (n < 60) return `${f(n, 1)} s`;
  if (n < 3600) return `${Math.floor(n / 60)} min ${f(Math.floor(n % 60), 0)} s`;
  return `${Math.floor(n / 3600)} h ${f(Math.floor((n % 3600) / 60), 0)} min`;
}
export function dateTime(iso: string | null | undefined): string {
  if (!iso) return "–";
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? iso : new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" }).format(at);
}
/** "2026-09" → "Sep 2026", "2026-09-05" → "Sep 5, 2026"; days and months have no time zone. */
export function spanName(text: string, short = false): string {
  const match = /^(\d{4})-(\d{2})(?:-(\d{2}))?$/.exec(text);
  if (!match) return text;
  const at = new Date(Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3] ?? 1)));
  const options: Intl.DateTimeFormatOptions = match[3]
    ? { day: "numeric", month: "short", ...(short ? {} : { year: "numeric" }) }
    : { month: "short", year: "numeric" };
  return new Intl.DateTimeFormat(locale(), { ...options, timeZone: "UTC" }).format(at).replace(/\.? de /g, " ").replace(/\.$/, "");
}
export function spanText(span: { from: string; to: string }): string {
  const a = span.from.slice(0, 10);
  const b = span.to.slice(0, 10);
  return a === b ? spanName(a) : `${spanName(a)} – ${spanName(b)}`;
}
