import { useState } from "preact/hooks";
import { bytes, count, locale, seconds, spanName, t, word } from "../i18n";
import { call } from "../lib/api";
import { useApi, useWrite } from "../lib/hooks";
import type { Job, Run, RunPage } from "../lib/types";
import { can, useApp, useNav } from "../ui/app-context";
import { Badge, Button, Card, Empty, Kpi, Load, Mono, PageHead, ProblemCard, runTone, Select, When } from "../ui/basic";
import { Dialog } from "../ui/dialog";
import { JobDialog } from "../ui/job";
import { Table } from "../ui/table";

export default function RunsPage() {
  const { id } = useApp();
  return id ? <One run={id} /> : <List />;
}

function tasksText(tasks: Run["tasks"]): string {
  if (typeof tasks === "number") return count(tasks);
  const list = Object.entries(tasks ?? {});
  return list.length ? list.map(([state, n]) => `${word("state", state)}: ${count(n)}`).join(", ") : "–";
}

function List() {
  const app = useApp();
  const nav = useNav();
  const answer = useApi<Run[] | { runs: Run[]; next: string | null }>(nav.api("/runs"), true);
  const [more, setMore] = useState<{ runs: Run[]; next: string | null }>();
  const [asking, setAsking] = useState(false);
  const [period, setPeriod] = useState("");
  const [full, setFull] = useState(false);
  const [job, setJob] = useState<string>();
  const write = useWrite();
  return (
    <>
      <PageHead title={t("page.runs")} note={t("runs.note")}>
        {can(app, "run") && <Button kind="primary" icon="play" onClick={() => { write.clear(); setAsking(true); }}>{t("runs.now")}</Button>}
      </PageHead>
      <Load answer={answer}>
        {(data) => {
          const first = Array.isArray(data) ? data : data.runs;
          const next = more ? more.next : Array.isArray(data) ? null : data.next;
          const rows = [...first, ...(more?.runs ?? [])];
          return rows.length === 0 ? <Empty title={t("runs.empty")}><p>{t("runs.empty_why")}</p></Empty> : (
            <Card>
              <Table caption={t("page.runs")} rows={rows} columns={[
                { id: "run", head: t("run"), row: true, cell: (r) => <a href={nav.to("runs", undefined, r.run)}><Mono>{r.run.slice(0, 8)}</Mono></a> },
                { id: "state", head: t("state"), cell: (r) => <Badge tone={runTone(r.state)} title={r.error ?? undefined}>{word("state", r.state)}</Badge>, order: (r) => r.state },
                { id: "started", head: t("started"), cell: (r) => <When at={r.started} />, order: (r) => r.started },
                { id: "seconds", head: t("duration"), number: true, cell: (r) => seconds(r.seconds), order: (r) => r.seconds },
                { id: "tasks", head: t("runs.tasks"), cell: (r) => tasksText(r.tasks) },
                { id: "rows", head: t("rows"), number: true, cell: (r) => (r.rows === null ? "–" : count(r.rows)), order: (r) => r.rows },
                { id: "release", head: t("release"), number: true, cell: (r) => r.release ?? "–", order: (r) => r.release },
                { id: "user", head: t("user"), cell: (r) => r.user, order: (r) => r.user },
                { id: "error", head: t("error"), wide: true, cell: (r) => (r.error ? <span class="bad-text">{r.error}</span> : "") },
              ]} />
              {next && <p class="row more"><Button disabled={write.busy} onClick={() => void write.run(async () => { const page = await call<{ runs: Run[]; next: string | null }>("GET", nav.api(`/runs?cursor=${encodeURIComponent(next)}`)); setMore({ runs: [...(more?.runs ?? []), ...page.runs], next: page.next }); })}>{t("lines.more")}</Button></p>}
            </Card>
          );
        }}
      </Load>
      <Dialog open={asking} title={t("runs.now")} onClose={() => setAsking(false)}>
        <form onSubmit={(e) => { e.preventDefault(); void write.run(async () => { const made = await call<{ job: string }>("POST", nav.api("/runs"), { ...(period ? { period } : {}), ...(full ? { full } : {}) }); setAsking(false); setJob(made.job); }); }}>
          <p>{t("runs.now_means")}</p>
          <Select label={t("period")} value={period} options={[{ id: "", text: t("runs.what_moved") }, ...[...(app.meta?.periods ?? [])].reverse().map((p) => ({ id: p.period, text: spanName(p.period) }))]} onChange={setPeriod} />
          <label class="check"><input type="checkbox" checked={full} onChange={() => setFull(!full)} />{t("runs.full")}</label>
          {write.problem && <ProblemCard problem={write.problem} />}
          <div class="dialog-foot"><Button onClick={() => setAsking(false)}>{t("cancel")}</Button><Button kind="primary" type="submit" disabled={write.busy}>{t("runs.start")}</Button></div>
        </form>
      </Dialog>
      <JobDialog id={job} title={t("runs.now")} onClose={() => { setJob(undefined); answer.reload(); }} onDone={(j: Job) => { answer.reload(); if (j.state === "done") app.toast(t("runs.finished")); }} />
    </>
  );
}

function One({ run }: { run: string }) {
  const nav = useNav();
  const answer = useApi<RunPage>(nav.api(`/runs/${encodeURIComponent(run)}`));
  return (
    <>
      <PageHead title={t("runs.one", { run: run.slice(0, 8) })} note={answer.data ? <><When at={answer.data.started} /> · {answer.data.user}</> : undefined}>
        <a class="button plain" href={nav.to("runs")}>{t("back")}</a>
      </PageHead>
      <Load answer={answer} lines={10}>
        {(r) => {
          const longest = Math.max(...r.tasks.map((x) => x.seconds ?? 0), 0.001);
          return (
            <div class="stack">
              <div class="kpis">
                <Kpi label={t("state")}><Badge tone={runTone(r.state)}>{word("state", r.state)}</Badge></Kpi>
                <Kpi label={t("duration")}>{seconds(r.seconds)}</Kpi>
                <Kpi label={t("rows")}>{r.rows === null ? "–" : count(r.rows)}</Kpi>
                <Kpi label={t("release")}>{r.release ?? "–"}</Kpi>
              </div>
              {r.error && <div class="problem" role="alert"><p class="empty-title">{t("error")}</p><p>{r.error}</p></div>}
              <Card title={t("runs.tasks")}>
                {r.tasks.length === 0 ? <p class="muted pad">{t("runs.no_tasks")}</p> : (
                  <Table caption={t("runs.tasks")} rows={r.tasks} compact columns={[
                    { id: "state", head: t("state"), cell: (x) => <Badge tone={runTone(x.state)}>{word("state", x.state)}</Badge>, order: (x) => x.state },
                    { id: "table", head: t("table"), row: true, cell: (x) => <a href={nav.to("data", undefined, x.table)}><Mono>{x.table}</Mono></a>, order: (x) => x.table },
                    { id: "period", head: t("period"), cell: (x) => x.period || "–", order: (x) => x.period },
                    { id: "seconds", head: t("duration"), number: true, cell: (x) => <>{seconds(x.seconds)} <span class="bar" aria-hidden="true"><span style={{ width: `${((x.seconds ?? 0) / longest) * 100}%` }} /></span></>, order: (x) => x.seconds },
                    { id: "in", head: t("runs.rows_in"), number: true, cell: (x) => (x.rows_in === null ? "–" : count(x.rows_in)), order: (x) => x.rows_in },
                    { id: "out", head: t("runs.rows_out"), number: true, cell: (x) => (x.rows_out === null ? "–" : count(x.rows_out)), order: (x) => x.rows_out },
                    { id: "set_aside", head: t("state.quarantined"), number: true, cell: (x) => (x.rows_quarantined ? <a href={nav.to("quality", undefined, x.table)}>{count(x.rows_quarantined)}</a> : "0"), order: (x) => x.rows_quarantined },
                    { id: "bytes", head: t("bytes"), number: true, cell: (x) => bytes(x.bytes_out), order: (x) => x.bytes_out },
                    { id: "reason", head: t("runs.why"), wide: true, cell: (x) => (x.error ? <span class="bad-text">{x.error}</span> : x.reason) },
                  ]} />
                )}
              </Card>
              {r.landings && r.landings.length > 0 && <Card title={t("runs.landings")}><Landings rows={r.landings} /></Card>}
            </div>
          );
        }}
      </Load>
    </>
  );
}

function Landings({ rows }: { rows: Record<string, unknown>[] }) {
  const keys = [...new Set(rows.flatMap((r) => Object.keys(r)))];
  const show = (k: string, v: unknown) => (v === null || v === undefined ? "–" : typeof v === "number" ? (k.includes("bytes") ? bytes(v) : new Intl.NumberFormat(locale()).format(v)) : typeof v === "object" ? JSON.stringify(v) : String(v));
  return <Table caption={t("runs.landings")} rows={rows} compact columns={keys.map((k, i) => ({ id: k, head: word("field", k), row: i === 0, number: rows.every((r) => typeof r[k] === "number"), cell: (r: Record<string, unknown>) => show(k, r[k]) }))} />;
}
