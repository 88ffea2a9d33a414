import { useState } from "preact/hooks";
import { locale, spanName, spanText, t, word } from "../i18n";
import { apiUrl, call } from "../lib/api";
import { useApi, useWrite } from "../lib/hooks";
import { formatRatio, type Decimal } from "../lib/money";
import type { Cost } from "../lib/types";
import { emptyView, viewSearch } from "../lib/view";
import { can, useApp, useNav } from "../ui/app-context";
import { Badge, Bar, Button, Card, Change, Empty, Kpi, Load, Money, PageHead, ProblemCard, Select, When } from "../ui/basic";
import { FilterBar } from "../ui/filterbar";
import { dimName, valueName } from "../ui/names";
import { Table } from "../ui/table";

interface Allocation {
  rules: Record<string, unknown>[];
  virtual_tags: Record<string, unknown>[];
  problems: unknown[];
  unallocated: { value: Decimal; share: Decimal | null } | null;
}
interface Statement { number: number; period: string; state: string; total: Decimal | null; currency: string; issued_at: string | null; issued_by: string | null }

export default function AllocationPage() {
  const { view, id } = useApp();
  return id ? <StatementPage number={id} /> : <AllocationHome key={view.p} />;
}

function text(value: unknown): string {
  if (value === null || value === undefined || value === "") return "–";
  if (Array.isArray(value)) return value.map(text).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function AllocationHome() {
  const app = useApp();
  const { view, meta } = app;
  const nav = useNav();
  const base = { ...emptyView(), p: view.p, c: view.c, cur: view.cur, m: view.m };
  const tags = meta!.dims.filter((d) => d.kind !== "column").map((d) => d.id);
  const by = view.by[0] ?? tags.find((d) => d === "cost_centre") ?? tags.find((d) => d.startsWith("vtag:")) ?? tags[0] ?? "SubAccountId";
  const rules = useApi<Allocation>(nav.api("/allocation" + viewSearch({ ...emptyView(), p: view.p })));
  const cost = useApi<Cost>(nav.api("/allocated" + viewSearch({ ...base, by: [by] })), true);
  const statements = useApi<Statement[]>(nav.api("/statements"));
  const write = useWrite();
  const newest = meta!.periods[meta!.periods.length - 1]!.period;
  const [period, setPeriod] = useState(newest);
  const currency = cost.data?.currency ?? meta!.tenant.currency;
  return (
    <>
      <PageHead title={t("page.allocation")} note={t("allocation.note")} />
      <FilterBar without={["filters"]} exports="/allocated" />
      <div class="stack">
        <Load answer={rules} lines={3}>
          {(a) => (
            <div class="kpis">
              <Kpi label={t("allocation.unallocated")} tone={a.unallocated && Number(a.unallocated.value) !== 0 ? "warn" : undefined} foot={a.unallocated?.share != null ? <Bar ratio={String(a.unallocated.share)} label={t("allocation.unallocated")} /> : undefined}>
                {a.unallocated ? <><Money value={a.unallocated.value} currency={currency} />{a.unallocated.share !== null && <span class="kpi-side">{formatRatio(String(a.unallocated.share), locale())}</span>}</> : "–"}
              </Kpi>
              <Kpi label={t("allocation.rules")}>{a.rules.length}</Kpi>
              <Kpi label={t("allocation.virtual_tags")}>{a.virtual_tags.length}</Kpi>
            </div>
          )}
        </Load>
        <Card title={t("allocation.who")} actions={<Select label={t("cost.by")} value={by} options={meta!.dims.filter((d) => d.id !== "month" && d.id !== "day").map((d) => ({ id: d.id, text: dimName(d.id) }))} onChange={(d) => nav.set({ ...view, by: [d] })} />}>
          <Load answer={cost}>
            {(c) => (
              <Table
                caption={t("allocation.who")} rows={c.rows} rowClass={(r) => (r.key[0] === null || r.key[0] === "(none)" ? "none-row" : undefined)}
                columns={[
                  { id: "key", head: dimName(by), row: true, wide: true, cell: (r) => (r.key[0] === null || r.key[0] === "(none)" ? <strong>{t("allocation.unallocated")}</strong> : <>{valueName(r.key[0])}{r.names[0] && <span class="muted"> {r.names[0]}</span>}</>), order: (r) => r.key[0] },
                  { id: "value", head: t("amount"), number: true, cell: (r) => <Money value={r.value} currency={c.currency} />, order: (r) => r.value },
                  ...(c.compare ? [{ id: "change", head: t("change"), number: true, cell: (r: Cost["rows"][0]) => <Change value={r.change} ratio={r.change_ratio} currency={c.currency} />, order: (r: Cost["rows"][0]) => r.change }] : []),
                  { id: "share", head: t("share"), number: true, cell: (r) => (r.share === null ? "–" : <>{formatRatio(String(r.share), locale())} <Bar ratio={String(r.share)} label="" /></>), order: (r) => r.share },
                ]}
                foot={<tr><th scope="row">{t("total")}</th><td class="number"><Money value={c.total} currency={c.currency} /></td>{c.compare && <td class="number"><Change value={c.change} ratio={c.change_ratio} currency={c.currency} /></td>}<td /></tr>}
              />
            )}
          </Load>
        </Card>
        <Load answer={rules} lines={3}>
          {(a) => (
            <>
              {a.problems.length > 0 && <Card title={t("allocation.problems")}><ul class="pad">{a.problems.map((p, i) => <li key={i}>{text(p)}</li>)}</ul></Card>}
              <div class="two">
                <Card title={t("allocation.rules")}>{a.rules.length === 0 ? <p class="muted pad">{t("allocation.no_rules")}</p> : <Objects rows={a.rules} caption={t("allocation.rules")} />}</Card>
                <Card title={t("allocation.virtual_tags")}>{a.virtual_tags.length === 0 ? <p class="muted pad">{t("allocation.no_tags")}</p> : <Objects rows={a.virtual_tags} caption={t("allocation.virtual_tags")} />}</Card>
              </div>
            </>
          )}
        </Load>
        <Card
          title={t("allocation.statements")}
          actions={can(app, "close") && (
            <>
              <Select label={t("period")} hideLabel value={period} options={[...meta!.periods].reverse().map((p) => ({ id: p.period, text: spanName(p.period) }))} onChange={setPeriod} />
              <Button disabled={write.busy} onClick={() => void write.run(async () => { await call("POST", nav.api("/statements"), { period }); statements.reload(); app.toast(t("done")); })}>{t("allocation.make_statement")}</Button>
            </>
          )}
        >
          {write.problem && <ProblemCard problem={write.problem} />}
          <Load answer={statements} lines={3}>
            {(list) => list.length === 0 ? <p class="muted pad">{t("allocation.no_statements")}</p> : (
              <Table caption={t("allocation.statements")} rows={list} columns={[
                { id: "number", head: t("number"), row: true, cell: (s) => <a href={nav.to("allocation", undefined, String(s.number))}>{s.number}</a>, order: (s) => s.number },
                { id: "period", head: t("period"), cell: (s) => spanName(s.period), order: (s) => s.period },
                { id: "state", head: t("state"), cell: (s) => <Badge tone={s.state === "closed" ? "ok" : "none"}>{word("state", s.state)}</Badge> },
                { id: "total", head: t("total"), number: true, cell: (s) => <Money value={s.total} currency={s.currency} />, order: (s) => s.total },
                { id: "at", head: t("issued"), cell: (s) => <><When at={s.issued_at} /> {s.issued_by}</> },
              ]} />
            )}
          </Load>
        </Card>
      </div>
    </>
  );
}

/** Rules and virtual tags are the packs' own documents: every field as it stands there. */
function Objects({ rows, caption }: { rows: Record<string, unknown>[]; caption: string }) {
  const keys = [...new Set(rows.flatMap((r) => Object.keys(r)))].filter((k) => rows.some((r) => r[k] !== null && r[k] !== "" && r[k] !== undefined));
  return <Table caption={caption} rows={rows} compact columns={keys.map((k, i) => ({ id: k, head: word("field", k), row: i === 0, wide: true, cell: (r: Record<string, unknown>) => text(r[k]), order: (r: Record<string, unknown>) => text(r[k]) }))} />;
}

function StatementPage({ number }: { number: string }) {
  const app = useApp();
  const nav = useNav();
  const path = nav.api(`/statements/${encodeURIComponent(number)}`);
  const answer = useApi<Statement & { lines?: Record<string, unknown>[] }>(path);
  const write = useWrite();
  return (
    <>
      <PageHead title={t("allocation.statement_n", { n: number })} note={answer.data ? spanText({ from: answer.data.period, to: answer.data.period }) : undefined}>
        <a class="button plain" href={nav.to("allocation")}>{t("back")}</a>
        <a class="button plain" target="_self" download="" href={apiUrl(`${path}.csv`)}>CSV</a>
        <a class="button plain" target="_blank" rel="noreferrer" href={apiUrl(`${path}.html`)}>{t("export.print")}</a>
        {answer.data?.state === "open" && can(app, "close") && <Button kind="primary" disabled={write.busy} onClick={() => void write.run(async () => { await call("POST", `${path}/close`); answer.reload(); })}>{t("periods.close")}</Button>}
      </PageHead>
      {write.problem && <ProblemCard problem={write.problem} />}
      <Load answer={answer}>
        {(s) => (
          <Card title={<><Money value={s.total} currency={s.currency} /> <Badge tone={s.state === "closed" ? "ok" : "none"}>{word("state", s.state)}</Badge></>}>
            {s.lines?.length ? <Objects rows={s.lines} caption={t("allocation.statements")} /> : <Empty title={t("allocation.no_lines")} />}
          </Card>
        )}
      </Load>
    </>
  );
}
