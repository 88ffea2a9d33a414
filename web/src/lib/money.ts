/**
 * Amounts are decimal strings from the table to the pixel. Nothing here turns one into a JavaScript number,
 * except `forDrawing`, whose result only places pixels.
 */

export type Decimal = string;

const pattern = /^([+-]?)(\d+)(?:\.(\d*))?$/;

interface Parts {
  negative: boolean;
  whole: string;
  fraction: string;
}

function parts(value: Decimal): Parts {
  const match = pattern.exec(value.trim());
  if (!match) throw new RangeError(`not a decimal: ${value}`);
  const whole = match[2]!.replace(/^0+(?=\d)/, "");
  const fraction = (match[3] ?? "").replace(/0+$/, "");
  const zero = whole === "0" && fraction === "";
  return { negative: match[1] === "-" && !zero, whole, fraction };
}

export function isDecimal(value: unknown): value is Decimal {
  return typeof value === "string" && pattern.test(value.trim());
}

/** Digits after the point, without trailing zeros. */
export function fractionDigits(value: Decimal): number {
  return parts(value).fraction.length;
}

/** -1, 0 or 1. */
export function sign(value: Decimal): -1 | 0 | 1 {
  const p = parts(value);
  if (p.whole === "0" && p.fraction === "") return 0;
  return p.negative ? -1 : 1;
}

function scaled(value: Decimal, scale: number): bigint {
  const p = parts(value);
  const digits = BigInt(p.whole + p.fraction.padEnd(scale, "0"));
  return p.negative ? -digits : digits;
}

function fromScaled(value: bigint, scale: number): Decimal {
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const fraction = scale > 0 ? digits.slice(-scale).replace(/0+$/, "") : "";
  return (negative && /[1-9]/.test(digits) ? "-" : "") + whole + (fraction ? "." + fraction : "");
}

/** The exact sum, for checks on screen such as "these lines sum to it". */
export function sum(values: readonly Decimal[]): Decimal {
  const scale = Math.max(0, ...values.map((v) => parts(v).fraction.length));
  return fromScaled(
    values.reduce((total, v) => total + scaled(v, scale), 0n),
    scale,
  );
}

/** For sorting: -1, 0 or 1. */
export function compare(a: Decimal, b: Decimal): -1 | 0 | 1 {
  const scale = Math.max(parts(a).fraction.length, parts(b).fraction.length);
  const x = scaled(a, scale);
  const y = scaled(b, scale);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** `value` with at most `digits` after the point; halves go away from zero, as on paper. */
export function round(value: Decimal, digits: number): Decimal {
  const p = parts(value);
  if (p.fraction.length <= digits) return fromScaled(scaled(value, digits), digits);
  let kept = BigInt(p.whole + p.fraction.slice(0, digits));
  if (p.fraction[digits]! >= "5") kept += 1n;
  return fromScaled(p.negative ? -kept : kept, digits);
}

/** `value` with its point moved two places to the right: a ratio as percent. */
export function percent(ratio: Decimal): Decimal {
  const scale = parts(ratio).fraction.length;
  return fromScaled(scaled(ratio, scale) * 100n, scale);
}

/** How many digits a currency shows after the point; 2 where it is not known. */
export function minorDigits(currency: string): number {
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

interface Separators {
  group: string;
  point: string;
}
const separatorsOf = new Map<string, Separators>();

function separators(locale: string): Separators {
  let known = separatorsOf.get(locale);
  if (!known) {
    const bits = new Intl.NumberFormat(locale, { minimumFractionDigits: 1 }).formatToParts(1234567);
    known = {
      group: bits.find((b) => b.type === "group")?.value ?? ",",
      point: bits.find((b) => b.type === "decimal")?.value ?? ".",
    };
    separatorsOf.set(locale, known);
  }
  return known;
}

function grouped(whole: string, locale: string): string {
  return whole.replace(/\B(?=(\d{3})+$)/g, separators(locale).group);
}

/** The minus of typography, so that signs line up with digits. */
export const minus = "\u2212";

/** `digits` undefined keeps every digit that the value has. */
export function formatDecimal(value: Decimal, locale: string, digits?: number): string {
  const p = parts(digits === undefined ? value : round(value, digits));
  const fraction = digits === undefined ? p.fraction : p.fraction.padEnd(digits, "0");
  return (p.negative ? minus : "") + grouped(p.whole, locale) + (fraction ? separators(locale).point + fraction : "");
}

function symbol(currency: string, locale: string): { text: string; before: boolean; space: string } {
  try {
    const bits = new Intl.NumberFormat(locale, { style: "currency", currency }).formatToParts(1);
    const at = bits.findIndex((b) => b.type === "currency");
    const number = bits.findIndex((b) => b.type === "integer");
    const between = bits.find((b) => b.type === "literal")?.value ?? "";
    return { text: bits[at]!.value, before: at < number, space: between };
  } catch {
    return { text: currency, before: false, space: "\u00a0" };
  }
}

/** "US$ 1.234,50": rounded to the currency's digits, or whole with `full`. */
export function formatMoney(value: Decimal, currency: string, locale: string, full = false): string {
  const number = formatDecimal(value, locale, full ? undefined : minorDigits(currency));
  if (!currency) return number;
  const s = symbol(currency, locale);
  const negative = number.startsWith(minus);
  const bare = negative ? number.slice(1) : number;
  return (negative ? minus : "") + (s.before ? s.text + s.space + bare : bare + (s.space || "\u00a0") + s.text);
}

/** With an explicit plus: for changes. */
export function formatChange(value: Decimal, currency: string, locale: string, full = false): string {
  const text = formatMoney(value, currency, locale, full);
  return sign(value) > 0 ? "+" + text : text;
}

/** "0.0331" as "+3.3 %" style text of the locale; `signed` adds the plus. */
export function formatRatio(ratio: Decimal, locale: string, signed = false, digits = 1): string {
  const text = formatDecimal(percent(ratio), locale, digits) + "%";
  return signed && sign(ratio) > 0 ? "+" + text : text;
}

/** Short form for axes: "43.9k". Exact values stand in the table twin and in the tooltip. */
export function formatShort(value: number, locale: string): string {
  return new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

/** For lengths and positions of marks only, never for text. */
export function forDrawing(value: Decimal | null | undefined): number {
  return value === null || value === undefined || value === "" ? 0 : Number(value);
}
