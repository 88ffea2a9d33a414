import { useState } from "preact/hooks";
import { count, dateTime, locale, spanName, t, word } from "../i18n";

import { useApi, type Answer } from "../lib/hooks";
import { compare, forDrawing, formatMoney } from "../lib/money";
import type { Difference, Release } from "../lib/types";
import { useApp, useNav } from "../ui/app-context";
import { Badge, Card, Change, Empty, Load, Money, Mono, PageHead, Select } from "../ui/basic";
import { JobProgress, useJob } from "../ui/job";
import { dimName, measureName, valueName } from "../ui/names";
import { Table } from "../ui/table";


export default function DiffPage() {
  const { view, meta } = useApp();
  const nav = useNav();
  const releases = useApi<Release[]>(nav.api("/releases"));
  const list = releases.data ?? [];
  const newest = list[0]?.number;
  const b = view.extra["b"] ?? (newest ? String(newest) : "");
  const a = view.extra["a"] ?? (list[1] ? String(list[1].number) : "");
  const by = view.by[0] ?? "ServiceName";
  const m = view.extra["m"] ?? view.m;
  const set = (extra: Record<string, string>) => nav.set({ ...view, extra: { ...view.extra, ...extra } });
  const options = list.map((r) => ({ id: String(r.number), text: `${r.number} · ${dateTime(r.at)}` }));
  const answer = useApi<Difference | { job: string }>(a && b && a !== b ? nav.api(`/diff?a=${encodeURIComponent(a)}&b=${encodeURIComponent(b)}&m=${m}&by=${encodeURIComponent(by)}`) : null);
  return (
    <>
      <PageHead title={t("page.diff")} note={t("diff.note")} />
      <Load answer={releases} lines={2}>
        {() => list.length < 2 ? <Empty title={t("diff.one_release")}><p>{t("diff.one_release_why")}</p></Empty> : (
          <>
            <div class="filterbar">
              <Select label={t("diff.a")} value={a} options={options} onChange={(x) => set({ a: x })} />
              <Select label={t("diff.b")} value={b} options={options} onChange={(x) => set({ b: x })} />
              <Select label={t("measure")} value={m} options={meta!.measures.map((x) => ({ id: x.id, text: measureName(x.id) }))} onChange={(x) => nav.set({ ...view, m: x })} />
              <Select label={t("cost.by")} value={by} options={meta!.dims.filter((d) => d.kind === "column" && d.id !== "month" && d.id !== "day").map((d) => ({ id: d.id, text: dimName(d.id) }))} onChange={(x) => nav.set({ ...view, by: [x] })} />
            </div>
            {a === b ? <Empty title={t("diff.same")} /> : <Load answer={answer} lines={12}>{(d) => ("job" in d ? <Waiting id={d.job} answer={answer} /> : <Content d={d} by={by} />)}</Load>}
          </>
        )}
      </Load>
    </>
  );
}

function Waiting({ id, answer }: { id: string; answer: Answer<unknown> }) {
  const [result, setResult] = useState<Difference>();
  const { view } = useApp();
  const job = useJob(id, (j) => { if (j.state === "done" && j.result && typeof j.result === "object" && "totals" in j.result) setResult(j.result as Difference); else if (j.state === "done") answer.reload(); });
  if (result) return <Content d={result} by={view.by[0] ?? "ServiceName"} />;
  return <Card title={t("diff.computing")}><div class="pad">{job ? <JobProgress job={job} /> : <p class="muted">{t("loading")}</p>}</div></Card>;
}

function Content({ d, by }: { d: Difference; by: string }) {
  const causes = [...new Set([...d.totals, ...d.groups].flatMap((x) => Object.keys(x.causes)))];
  return (
    <div class="stack">
      <div class={`verdict ${d.holds ? "ok" : "bad"}`}>
        <Badge tone={d.holds ? "ok" : "bad"}>{d.holds ? t("diff.holds") : t("diff.differs")}</Badge>
        <span>{measureName(d.measure)} · <Mono>{d.table}</Mono></span>
      </div>
      {d.totals.length === 0 && <Empty title={t("diff.nothing")} />}
      {d.totals.map((total) => {
        const largest = Math.max(...Object.values(total.causes).map((v) => Math.abs(forDrawing(v))), 1e-9);
        return (
          <Card key={total.currency} title={t("diff.total", { currency: total.currency })}>
            <dl class="bridge">
              <dt>{t("diff.release_n", { n: String(d.from.release) })}</dt><dd><Money value={total.before} currency={total.currency} /></dd><dd />
              {Object.entries(total.causes).sort(([, x], [, y]) => compare(y, x)).map(([cause, v]) => [
                <dt key={cause}>{word("cause", cause)}</dt>,
                <dd key={cause + "v"}><Change value={v} currency={total.currency} /></dd>,
                <dd key={cause + "b"} class="bridge-bar"><span class={v.startsWith("-") ? "down" : "up"} style={{ width: `${Math.max(2, (Math.abs(forDrawing(v)) / largest) * 100)}%` }} /></dd>,
              ])}
              <dt class="sum">{t("diff.release_n", { n: String(d.to.release) })}</dt><dd class="sum"><Money value={total.after} currency={total.currency} /></dd><dd class="sum"><Change value={total.change} currency={total.currency} /></dd>
            </dl>
          </Card>
        );
      })}
      {d.groups.length > 0 && (
        <Card title={t("diff.by", { name: dimName(by) })}>
          <Table caption={t("diff.by", { name: dimName(by) })} rows={d.groups} columns={[
            { id: "key", head: dimName(by), row: true, wide: true, cell: (g) => valueName(g[by] as string | null), order: (g) => String(g[by] ?? "") },
            { id: "before", head: t("before"), number: true, cell: (g) => <Money value={g.before} currency={g.currency} />, order: (g) => g.before },
            { id: "after", head: t("after"), number: true, cell: (g) => <Money value={g.after} currency={g.currency} />, order: (g) => g.after },
            { id: "change", head: t("change"), number: true, cell: (g) => <Change value={g.change} currency={g.currency} />, order: (g) => g.change },
            ...causes.map((cause) => ({ id: cause, head: word("cause", cause), number: true, cell: (g: Difference["groups"][0]) => (g.causes[cause] ? <span class="num" title={formatMoney(g.causes[cause]!, g.currency, locale(), true)}><Money value={g.causes[cause]} currency={g.currency} change /></span> : <span class="muted">–</span>), order: (g: Difference["groups"][0]) => g.causes[cause] ?? "0" })),
          ]} />
        </Card>
      )}
      {d.rows.length > 0 && (
        <Card title={t("diff.rows")}>
          <Table caption={t("diff.rows")} rows={d.rows} compact columns={[
            { id: "period", head: t("period"), row: true, cell: (r) => spanName(r.period) },
            { id: "added", head: t("diff.added"), number: true, cell: (r) => <>{count(r.added)} <span class="muted">(<Money value={r.added_amount} currency={r.currency} />)</span></> },
            { id: "removed", head: t("diff.removed"), number: true, cell: (r) => <>{count(r.removed)} <span class="muted">(<Money value={r.removed_amount} currency={r.currency} />)</span></> },
            { id: "changed", head: t("diff.changed"), number: true, cell: (r) => <>{count(r.changed)} <span class="muted">(<Money value={r.changed_amount} currency={r.currency} />)</span></> },
          ]} />
        </Card>
      )}
      <div class="two">
        <Card title={t("diff.reasons")}>{Object.keys(d.reasons).length === 0 ? <p class="muted pad">–</p> : <dl class="facts pad">{Object.entries(d.reasons).map(([cause, list]) => [<dt key={cause}>{word("cause", cause)}</dt>, <dd key={cause + "="}>{list.map((x, i) => <div key={i}>{x}</div>)}</dd>])}</dl>}</Card>
        <Card title={t("diff.moves")}>{d.moves.length === 0 ? <p class="muted pad">–</p> : <Table caption={t("diff.moves")} rows={d.moves} compact columns={[
          { id: "table", head: t("table"), row: true, cell: (x) => <Mono>{x.table}</Mono> },
          { id: "period", head: t("period"), cell: (x) => (x.period ? spanName(x.period) : "–") },
          { id: "causes", head: t("diff.causes"), cell: (x) => x.causes.map((c) => word("cause", c)).join(", ") },
        ]} />}</Card>
      </div>
    </div>
  );
}
