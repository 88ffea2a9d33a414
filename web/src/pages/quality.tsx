import { locale, plural, t, word } from "../i18n";
import { formatRatio } from "../lib/money";
import { useApi } from "../lib/hooks";
import type { Grid, Quality } from "../lib/types";
import { useApp, useNav } from "../ui/app-context";
import { Badge, Card, Empty, Kpi, Load, Mono, PageHead, Segmented, When, type Tone } from "../ui/basic";
import { GridTable, Table } from "../ui/table";

const tone: Record<string, Tone> = { passed: "ok", failed: "bad", warned: "warn", quarantined: "warn" };

export default function QualityPage() {
  const { id } = useApp();
  return id ? <Quarantine name={id} /> : <Home />;
}

function score(value: number | string | null): string {
  return value === null ? "–" : formatRatio(String(value), locale());
}

function Home() {
  const { view } = useApp();
  const nav = useNav();
  const answer = useApi<Quality>(nav.api("/quality"));
  const all = view.extra["show"] === "all";
  return (
    <>
      <PageHead title={t("page.quality")} note={t("quality.note")} />
      <Load answer={answer} lines={12}>
        {(q) => {
          const open = q.checks.filter((c) => c.state !== "passed");
          const rows = all ? q.checks : open;
          return (
            <div class="stack">
              <div class="kpis">
                {Object.entries(q.score).map(([layer, value]) => <Kpi key={layer} label={t("quality.score", { layer: word("layer", layer) })}>{score(value)}</Kpi>)}
                <Kpi label={t("quality.open")} tone={open.some((c) => c.state === "failed") ? "bad" : open.length ? "warn" : "ok"}>{open.length}<span class="kpi-side">{t("quality.of", { n: q.checks.length })}</span></Kpi>
              </div>
              <Card title={t("data.checks")} actions={<Segmented label={t("quality.shown")} value={all ? "all" : "open"} onChange={(v) => nav.set({ ...view, extra: v === "all" ? { show: "all" } : {} })} options={[{ id: "open", text: t("quality.only_open") }, { id: "all", text: t("quality.all") }]} />}>
                {rows.length === 0 ? <Empty title={t("quality.all_pass")} /> : (
                  <Table caption={t("data.checks")} rows={rows} compact columns={[
                    { id: "state", head: t("state"), cell: (c) => <Badge tone={tone[c.state] ?? "none"}>{word("state", c.state)}</Badge>, order: (c) => c.state },
                    { id: "table", head: t("table"), row: true, cell: (c) => <a href={nav.to("data", undefined, c.table)}><Mono>{c.table}</Mono></a>, order: (c) => c.table },
                    { id: "check", head: t("quality.check"), cell: (c) => <Mono>{c.check}</Mono>, order: (c) => c.check },
                    { id: "severity", head: t("quality.severity"), cell: (c) => word("severity", c.severity), order: (c) => c.severity },
                    { id: "rows", head: t("quality.failed_rows"), number: true, cell: (c) => (c.state === "quarantined" ? <a href={nav.to("quality", undefined, c.table)}>{c.failed_rows}</a> : c.failed_rows), order: (c) => c.failed_rows },
                    { id: "period", head: t("period"), cell: (c) => c.period || "–", order: (c) => c.period },
                    { id: "at", head: t("when"), cell: (c) => <When at={c.at} />, order: (c) => c.at },
                  ]} />
                )}
              </Card>
              {q.trend.length > 0 && (
                <Card title={t("quality.trend")}>
                  <Table caption={t("quality.trend")} rows={[...q.trend].reverse()} compact columns={[
                    { id: "run", head: t("run"), row: true, cell: (r) => <a href={nav.to("runs", undefined, r.run)}><Mono>{r.run.slice(0, 8)}</Mono></a> },
                    { id: "at", head: t("when"), cell: (r) => <When at={r.at} />, order: (r) => r.at },
                    { id: "failed", head: t("state.failed"), number: true, cell: (r) => r.failed, order: (r) => r.failed },
                    { id: "warned", head: t("state.warned"), number: true, cell: (r) => r.warned, order: (r) => r.warned },
                    { id: "quarantined", head: t("state.quarantined"), number: true, cell: (r) => r.quarantined, order: (r) => r.quarantined },
                  ]} />
                </Card>
              )}
            </div>
          );
        }}
      </Load>
    </>
  );
}

function Quarantine({ name }: { name: string }) {
  const nav = useNav();
  const answer = useApi<Grid & { reasons?: unknown }>(nav.api(`/quarantine/${encodeURIComponent(name)}?limit=200`));
  return (
    <>
      <PageHead title={t("quality.quarantine_of", { table: name })} note={t("quality.quarantine_note")}>
        <a class="button plain" href={nav.to("quality")}>{t("back")}</a>
      </PageHead>
      <Load answer={answer}>
        {(g) => g.rows.length === 0 ? <Empty title={t("quality.quarantine_empty")} /> : (
          <div class="stack">
            <Reasons reasons={g.reasons} />
            <Card title={plural("rows_n", g.rows.length)}><GridTable caption={t("quality.quarantine")} grid={g} /></Card>
          </div>
        )}
      </Load>
    </>
  );
}

function Reasons({ reasons }: { reasons: unknown }) {
  const list: [string, unknown][] = Array.isArray(reasons)
    ? reasons.map((r): [string, unknown] => (typeof r === "object" && r !== null ? [String((r as Record<string, unknown>)["reason"] ?? ""), (r as Record<string, unknown>)["rows"]] : [String(r), ""]))
    : reasons && typeof reasons === "object" ? Object.entries(reasons) : [];
  if (list.length === 0) return null;
  return <Card title={t("quality.reasons")}><dl class="facts pad">{list.map(([r, n]) => [<dt key={r}><Mono>{r}</Mono></dt>, <dd key={r + "="}>{String(n ?? "")}</dd>])}</dl></Card>;
}
