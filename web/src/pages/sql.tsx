import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { plural, seconds, t } from "../i18n";
import { apiUrl, ApiError, call, type Problem } from "../lib/api";
import { useApi } from "../lib/hooks";
import { isDecimal } from "../lib/money";
import type { Grid, TablePage, TableRow } from "../lib/types";
import { useApp, useNav } from "../ui/app-context";
import { Button, Card, Empty, Load, Mono, PageHead, ProblemCard, Segmented, Select, When } from "../ui/basic";
import { Chart } from "../ui/chart";
import { MenuButton } from "../ui/dialog";
import { GridTable } from "../ui/table";

interface Result extends Grid { seconds: number; release: number }
interface Past { sql: string; at: string; seconds?: number | null; rows?: number | null; state?: string; error?: string | null }

export default function SqlPage() {
  const app = useApp();
  const { view } = app;
  const nav = useNav();
  const start = view.extra["q"] ?? "select *\nfrom gold.cost_by_month\nlimit 100";
  const [sql, setSql] = useState(start);
  const [limit, setLimit] = useState("500");
  const [result, setResult] = useState<Result>();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const [mode, setMode] = useState<"table" | "chart">("table");
  const control = useRef<AbortController>(undefined);
  const editor = useRef<HTMLTextAreaElement>(null);
  const history = useApi<Past[]>(nav.api("/sql/history"), true);
  useEffect(() => () => control.current?.abort(), []);

  const run = async () => {
    control.current?.abort();
    const mine = (control.current = new AbortController());
    setBusy(true);
    setProblem(undefined);
    nav.set({ ...view, extra: { ...view.extra, q: sql } }, true);
    try {
      setResult(await call<Result>("POST", nav.api("/sql"), { sql, limit: Number(limit), timeout: 60, ...(view.rel ? { rel: Number(view.rel) } : {}) }, mine.signal));
      history.reload();
    } catch (error) {
      if (!mine.signal.aborted) setProblem(error instanceof ApiError ? error.problem : { status: -1, title: "", detail: String(error) });
    } finally {
      if (control.current === mine) setBusy(false);
    }
  };
  const stop = () => { control.current?.abort(); setBusy(false); };
  const insert = (text: string) => {
    const box = editor.current!;
    const at = box.selectionStart;
    setSql(sql.slice(0, at) + text + sql.slice(box.selectionEnd));
    requestAnimationFrame(() => { box.focus(); box.setSelectionRange(at + text.length, at + text.length); });
  };
  const download = async (format: string) => {
    setProblem(undefined);
    try {
      const response = await fetch(apiUrl(nav.api(`/sql?format=${format}`)), { method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json", "X-CSRF-Token": app.me.csrf }, body: JSON.stringify({ sql }) });
      if (!response.ok) throw new ApiError(await response.json() as Problem);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await response.blob());
      link.download = `query.${format === "csvbr" ? "csv" : format}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    } catch (error) {
      setProblem(error instanceof ApiError ? error.problem : { status: -1, title: "", detail: String(error) });
    }
  };
  const lines = sql.split("\n").length;
  return (
    <>
      <PageHead title={t("page.sql")} note={t("sql.note")} />
      <div class="workbench">
        <Schema insert={insert} />
        <div class="stack min0">
          <Card class="editor-card">
            <label class="sr" for="sql-editor">{t("sql.editor")}</label>
            <textarea
              id="sql-editor" ref={editor} class="editor" spellcheck={false} autocomplete="off" rows={Math.min(24, Math.max(6, lines + 1))} value={sql} onInput={(e) => setSql(e.currentTarget.value)}
              onKeyDown={(e) => {
                if ((e.ctrlKey || e.metaKey) && e.key === "Enter") { e.preventDefault(); void run(); }
              }}
            />
            <div class="editor-foot">
              {busy ? <Button kind="danger" onClick={stop}>{t("cancel")}</Button> : <Button kind="primary" icon="play" onClick={() => void run()}>{t("sql.run")}</Button>}
              <kbd class="only-wide">Ctrl Enter</kbd>
              <Select label={t("sql.limit")} value={limit} options={["100", "500", "1000", "5000"].map((x) => ({ id: x, text: x }))} onChange={setLimit} />
              <span class="grow" />
              <MenuButton icon="download" align="end" items={() => ["csv", "jsonl", "xlsx", "parquet"].map((f) => ({ text: f.toUpperCase(), act: () => void download(f) }))}>{t("export")}</MenuButton>
            </div>
          </Card>
          <div aria-live="polite">
            {problem && <ProblemCard problem={problem} />}
            {busy && <p class="muted pad">{t("sql.running")}</p>}
          </div>
          {result && !problem && (
            result.rows.length === 0 ? <Empty title={t("sql.no_rows")} /> : (
              <Card
                title={<span class="muted small">{plural("rows_n", result.rows.length)}{result.truncated ? ` · ${t("sql.truncated")}` : ""} · {seconds(result.seconds)} · {t("release.n", { n: String(result.release) })}</span>}
                actions={<Segmented label={t("chart.shown_as")} value={mode} onChange={setMode} options={[{ id: "table", text: t("chart.table") }, { id: "chart", text: t("chart.chart") }]} />}
              >
                {mode === "table" ? <GridTable caption={t("sql.result")} grid={result} /> : <ResultChart result={result} />}
              </Card>
            )
          )}
          {(history.data?.length ?? 0) > 0 && (
            <Card title={t("sql.history")}>
              <ul class="history">
                {history.data!.slice(0, 20).map((h, i) => (
                  <li key={i}><button type="button" onClick={() => setSql(h.sql)} title={h.error ?? h.sql}><code>{h.sql.replace(/\s+/g, " ").slice(0, 140)}</code><span class="muted small"><When at={h.at} />{h.seconds !== null && h.seconds !== undefined ? ` · ${seconds(h.seconds)}` : ""}{h.error ? ` · ${t("state.failed")}` : ""}</span></button></li>
                ))}
              </ul>
            </Card>
          )}
        </div>
      </div>
    </>
  );
}

/** First column of text or date across, every column of decimals as a series. */
function ResultChart({ result }: { result: Result }) {
  const data = useMemo(() => {
    const isNumber = (i: number) => /DECIMAL|DOUBLE|INT/i.test(result.columns[i]!.type) && result.rows.some((r) => r[i] !== null);
    const x = result.columns.findIndex((_, i) => !isNumber(i));
    const ys = result.columns.map((_, i) => i).filter((i) => i !== x && isNumber(i)).slice(0, 7);
    return { x, ys };
  }, [result]);
  if (data.x < 0 || data.ys.length === 0) return <p class="muted pad">{t("sql.no_chart")}</p>;
  const rows = result.rows.slice(0, 200);
  return (
    <Chart
      title={result.columns[data.x]!.name} buckets={rows.map((r) => String(r[data.x] ?? t("value.none")))} currency="" kind="bar"
      series={data.ys.map((i) => ({ key: result.columns[i]!.name, name: result.columns[i]!.name, values: rows.map((r) => (r[i] !== null && isDecimal(String(r[i])) ? String(r[i]) : null)) }))}
    />
  );
}

function Schema({ insert }: { insert: (text: string) => void }) {
  const nav = useNav();
  const tables = useApi<TableRow[]>(nav.api("/tables"));
  const [open, setOpen] = useState<string>();
  return (
    <Card title={t("sql.tables")} class="schema">
      <Load answer={tables} lines={6}>
        {(list) => (
          <ul class="schema-list">
            {list.map((x) => {
              const name = `${x.layer}.${x.table}`;
              return (
                <li key={name}>
                  <div class="row">
                    <button type="button" class="twist" aria-expanded={open === name} aria-label={t("pivot.fold", { name })} onClick={() => setOpen(open === name ? undefined : name)}><span aria-hidden="true">{open === name ? "▾" : "▸"}</span></button>
                    <button type="button" class="as-text" title={t("sql.insert")} onClick={() => insert(name)}><Mono>{name}</Mono></button>
                  </div>
                  {open === name && <Columns name={name} insert={insert} />}
                </li>
              );
            })}
          </ul>
        )}
      </Load>
    </Card>
  );
}

function Columns({ name, insert }: { name: string; insert: (text: string) => void }) {
  const nav = useNav();
  const answer = useApi<TablePage>(nav.api(`/tables/${name}`));
  return <Load answer={answer} lines={3}>{(x) => <ul>{x.columns.map((c) => <li key={c.name}><button type="button" class="as-text small" onClick={() => insert(c.name)}><Mono>{c.name}</Mono> <span class="muted">{c.type.toLowerCase()}</span></button></li>)}</ul>}</Load>;
}
