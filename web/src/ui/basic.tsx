import type { ButtonHTMLAttributes, ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { dateTime, locale, plural, t, type Key } from "../i18n";
import type { Problem } from "../lib/api";
import type { Answer } from "../lib/hooks";
import { formatChange, formatMoney, formatRatio, sign, type Decimal } from "../lib/money";

const shapes: Record<string, string> = {
  overview: "M2 9.5 8 3l6 6.5M4 8v5h8V8", cost: "M2.5 13.5h11M4 11V7M8 11V3M12 11V5", pivot: "M2.5 2.5h11v11h-11zM2.5 6h11M6 2.5v11",
  reconcile: "M3 8.5 6.5 12 13 4.5", diff: "M5 2.5v8M2.5 8 5 10.5 7.5 8M11 13.5v-8M8.5 8 11 5.5 13.5 8", periods: "M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2v3M10.5 2v3",
  allocation: "M8 2.5v4M8 6.5l-5 4M8 6.5l5 4M8 6.5v4M3 13a1 1 0 1 0 0-.01M8 13a1 1 0 1 0 0-.01M13 13a1 1 0 1 0 0-.01", commitments: "M3 13V6.5a5 5 0 0 1 10 0V13zM3 9.5h10",
  data: "M2.5 4c0-2 11-2 11 0s-11 2-11 0v8c0 2 11 2 11 0V4M2.5 8c0 2 11 2 11 0", quality: "M8 1.8 13.5 4v4c0 3-2.3 5.2-5.5 6.2C4.800 13.200 2.500 11 2.500 8V4zM5.500 8l2 2 3.200-3.500",
  lineage: "M3 4.5h3v3H3zM10 2.500h3v3h-3zM10 10h3v3h-3zM6 6h2.500V4H10M8.500 6v5.500H10", sql: "M3 4l4 4-4 4M8.500 12.500h5", runs: "M3 3h6M5 6.500h8M3 10h5M7 13.500h6",
  releases: "M8 2v8M5 5l3-3 3 3M3 9.500v4h10v-4", tenants: "M2.500 13.500v-8l4-3v11M6.500 6h7v7.500M9 8.500h2M9 11h2M1.500 13.500h13", people: "M6 7.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5M1.500 13.500c0-5 9-5 9 0M11 7.500a2 2 0 1 0-.5-3.900M12 9.500c1.700.4 2.500 1.800 2.500 4",
  tokens: "M10 6.500a3 3 0 1 0-2.700 3L8.500 8.500M6.500 9.500 2.500 13.500M4 12l1.500 1.500", audit: "M4 2h8v12H4zM6 5h4M6 8h4M6 11h2", search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10M11 11l3.500 3.500",
  menu: "M2 4h12M2 8h12M2 12h12", close: "M3.500 3.500l9 9M12.500 3.500l-9 9", sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1v2M8 13v2M1 8h2M13 8h2M3 3l1.500 1.500M11.500 11.500 13 13M3 13l1.500-1.500M11.500 4.500 13 3",
  moon: "M13 9.500A5.500 5.500 0 0 1 6.500 3 5.500 5.500 0 1 0 13 9.500", download: "M8 2v8M5 7l3 3 3-3M2.500 13.500h11", filter: "M2 3h12l-4.500 5.500v4l-3 1.500V8.500z", plus: "M8 3v10M3 8h10", minus: "M3 8h10",
  down: "M4 6l4 4 4-4", right: "M6 4l4 4-4 4", ok: "M3 8.500 6.500 12 13 4.500", bad: "M4 4l8 8M12 4l-8 8", warn: "M8 3v6M8 12v.5", play: "M5 3l8 5-8 5z", user: "M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6M2.500 14c0-6 11-6 11 0", info: "M8 7v5M8 4v.5",
  certificates: "M4 2h8v7H4zM6 4.500h4M6 6.500h4M6 9v5l2-1.500L10 14V9", help: "M5.500 6a2.500 2.500 0 1 1 3.500 2.300c-.7.4-1 .8-1 1.700M8 12.500v.5", print: "M4.500 6V2h7v4M4.500 11h-2V6h11v5h-2M4.500 9.500h7V14h-7z", link: "M6.500 9.500l3-3M5 8 3.500 9.500a2.100 2.100 0 0 0 3 3L8 11M8 5l1.500-1.500a2.100 2.100 0 0 1 3 3L11 8",
};

export function Icon({ name }: { name: string }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={shapes[name] ?? "M8 8h.01"} />
    </svg>
  );
}

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & { icon?: string; kind?: "plain" | "primary" | "danger" | "quiet"; children?: ComponentChildren };
export function Button({ icon, kind = "plain", children, class: extra, ...rest }: ButtonProps) {
  return (
    <button type="button" {...rest} class={`button ${kind} ${extra ?? ""}`}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

export function Segmented<T extends string>({ label, value, options, onChange }: { label: string; value: T; options: { id: T; text: string }[]; onChange: (v: T) => void }) {
  return (
    <div class="segmented" role="group" aria-label={label}>
      {options.map((o) => (
        <button type="button" key={o.id} aria-pressed={o.id === value} onClick={() => onChange(o.id)}>{o.text}</button>
      ))}
    </div>
  );
}

export function Select({ label, value, options, onChange, hideLabel }: { label: string; value: string; options: { id: string; text: string }[]; onChange: (v: string) => void; hideLabel?: boolean }) {
  return (
    <label class="field inline">
      <span class={hideLabel ? "sr" : "field-label"}>{label}</span>
      <select value={value} onChange={(e) => onChange(e.currentTarget.value)}>
        {!options.some((o) => o.id === value) && <option value={value}>{value}</option>}
        {options.map((o) => <option key={o.id} value={o.id}>{o.text}</option>)}
      </select>
    </label>
  );
}

export type Tone = "ok" | "warn" | "bad" | "info" | "none";
export function Badge({ tone, children, title }: { tone: Tone; children: ComponentChildren; title?: string }) {
  const icon = { ok: "ok", warn: "warn", bad: "bad", info: "info", none: "" }[tone];
  return <span class={`badge ${tone}`} title={title}>{icon && <Icon name={icon} />}{children}</span>;
}

export function Card({ title, actions, children, class: extra, id }: { title?: ComponentChildren; actions?: ComponentChildren; children: ComponentChildren; class?: string; id?: string }) {
  return (
    <section class={`card ${extra ?? ""}`} id={id}>
      {(title || actions) && (
        <header class="card-head">
          {title && <h2>{title}</h2>}
          {actions && <div class="actions">{actions}</div>}
        </header>
      )}
      {children}
    </section>
  );
}

export function PageHead({ title, note, children }: { title: string; note?: ComponentChildren; children?: ComponentChildren }) {
  useEffect(() => {
    document.title = `${title} · centavo`;
  }, [title]);
  return (
    <div class="page-head">
      <div>
        <h1>{title}</h1>
        {note && <p class="note">{note}</p>}
      </div>
      {children && <div class="actions">{children}</div>}
    </div>
  );
}

export function Skeleton({ lines = 6 }: { lines?: number }) {
  return (
    <div class="skeleton" aria-hidden="true">
      {Array.from({ length: lines }, (_, i) => <span key={i} class={`s${i % 4}`} />)}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return <div class="empty"><p class="empty-title">{title}</p>{children}</div>;
}

const titles: Record<number, Key> = { [-2]: "problem.cancelled", [-1]: "problem.program", 0: "problem.offline", 401: "problem.401", 403: "problem.403", 404: "problem.404", 409: "problem.409", 422: "problem.422", 429: "problem.429", 503: "problem.503" };

export function ProblemCard({ problem, retry }: { problem: Problem; retry?: () => void }) {
  const key = titles[problem.status] ?? (problem.status >= 500 ? "problem.5xx" : undefined);
  return (
    <div class="problem" role="alert">
      <p class="empty-title"><Icon name="warn" />{key ? t(key) : problem.title}</p>
      {problem.detail && <p>{problem.detail}</p>}
      {problem.hint && <p class="muted">{problem.hint}</p>}
      <p class="row">
        {retry && <Button onClick={retry}>{t("retry")}</Button>}
        {problem.request_id && <span class="muted small">{t("problem.id", { id: problem.request_id })}</span>}
      </p>
    </div>
  );
}

/** Loading, error and content of one answer. While it refreshes, the old content stays. */
export function Load<T>({ answer, lines, children }: { answer: Answer<T>; lines?: number; children: (data: T) => ComponentChildren }) {
  if (answer.problem) return <ProblemCard problem={answer.problem} retry={answer.reload} />;
  if (answer.data === undefined) {
    return (
      <div role="status">
        <span class="sr">{t("loading")}</span>
        <Skeleton lines={lines} />
        {answer.slow && <p class="row muted">{t("loading.slow")} <Button kind="quiet" onClick={answer.cancel}>{t("cancel")}</Button></p>}
      </div>
    );
  }
  return <div class={answer.loading ? "refreshing" : undefined} aria-busy={answer.loading}>{children(answer.data)}</div>;
}

/** An amount, rounded for the eye; every digit is in its title. */
export function Money({ value, currency, change }: { value: Decimal | null | undefined; currency: string; change?: boolean }) {
  if (value === null || value === undefined) return <span class="muted">–</span>;
  const format = change ? formatChange : formatMoney;
  return <span class="num" title={format(value, currency, locale(), true)}>{format(value, currency, locale())}</span>;
}

/** Direction by arrow and sign, not by colour alone. A rising cost is not "good". */
export function Change({ value, ratio, currency }: { value: Decimal | null; ratio?: Decimal | null; currency: string }) {
  if (value === null) return <span class="muted">–</span>;
  const s = sign(value);
  return (
    <span class={`num change ${s > 0 ? "up" : s < 0 ? "down" : ""}`} title={formatChange(value, currency, locale(), true)}>
      <span aria-hidden="true">{s > 0 ? "▲ " : s < 0 ? "▼ " : ""}</span>
      {formatChange(value, currency, locale())}
      {ratio !== null && ratio !== undefined && <span class="ratio"> {formatRatio(String(ratio), locale(), true)}</span>}
    </span>
  );
}

export function Kpi({ label, children, foot, tone }: { label: string; children: ComponentChildren; foot?: ComponentChildren; tone?: Tone }) {
  return (
    <section class={`kpi ${tone ?? ""}`} aria-label={label}>
      <h2>{label}</h2>
      <div class="kpi-value">{children}</div>
      {foot && <div class="kpi-foot">{foot}</div>}
    </section>
  );
}

export function FreshBadge({ state, lag, sla }: { state: string; lag?: number | null; sla?: number | null }) {
  const tone: Tone = state === "OK" ? "ok" : state === "BREACH" ? "bad" : "none";
  const key: Key = state === "OK" ? "fresh.ok" : state === "BREACH" ? "fresh.breach" : "fresh.unknown";
  return <Badge tone={tone} title={sla ? t("fresh.sla", { hours: sla }) : undefined}>{t(key)}{lag !== null && lag !== undefined ? ` · ${plural("hours", Math.round(lag))}` : ""}</Badge>;
}

export function runTone(state: string): Tone {
  return state === "done" ? "ok" : state === "failed" ? "bad" : state === "running" ? "info" : "none";
}

export function Mono({ children, title }: { children: ComponentChildren; title?: string }) {
  return <span class="mono" title={title}>{children}</span>;
}

export function When({ at }: { at: string | null | undefined }) {
  return at ? <time dateTime={at} title={at}>{dateTime(at)}</time> : <span class="muted">–</span>;
}

export function Bar({ ratio, label }: { ratio: Decimal | null; label: string }) {
  const width = ratio === null ? 0 : Math.max(0, Math.min(100, Number(ratio) * 100));
  return <span class="bar" {...(label ? { role: "img", "aria-label": label } : { "aria-hidden": true })}><span style={{ width: `${width}%` }} /></span>;
}

export function useDebounced<T>(value: T, milliseconds: number): T {
  const [settled, set] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => set(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return settled;
}
