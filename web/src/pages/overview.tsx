import { locale, spanName, spanText, t, word } from "../i18n";
import { useApi } from "../lib/hooks";
import { formatRatio } from "../lib/money";
import type { Overview } from "../lib/types";
import { emptyView, viewSearch } from "../lib/view";
import { useApp, useNav } from "../ui/app-context";
import { Badge, Bar, Card, Change, FreshBadge, Kpi, Load, Money, Mono, PageHead, runTone, When } from "../ui/basic";
import { Chart } from "../ui/chart";
import { Number_ } from "../ui/explain";
import { FilterBar } from "../ui/filterbar";
import { dimName, measureName, valueName } from "../ui/names";
import { Table } from "../ui/table";

export default function OverviewPage() {
  const { meta, view } = useApp();
  const nav = useNav();
  const query = viewSearch({ ...emptyView(), p: view.p, c: view.c, m: view.m, cur: view.cur });
  const answer = useApi<Overview>(nav.api("/overview" + query), true);
  return (
    <>
      <PageHead title={t("page.overview")} note={meta?.released_at ? <>{t("release.n", { n: String(meta.release) })} · <When at={meta.released_at} /></> : undefined} />
      <FilterBar without={["filters"]} />
      <Load answer={answer} lines={12}>{(o) => <Content o={o} />}</Load>
    </>
  );
}

function Content({ o }: { o: Overview }) {
  const { view, meta } = useApp();
  const nav = useNav();
  const cert = o.certificate;
  const costView = { ...view, extra: {}, by: [] };
  const hasBefore = o.compare !== null && (o.series.before ?? []).some((x) => x !== null);
  return (
    <div class="stack">
      <div class="kpis">
        <Kpi label={measureName(o.measure)} foot={o.compare ? <><Change value={o.change} ratio={o.change_ratio} currency={o.currency} /><span class="muted"> {t("versus")} {spanText(o.compare)}</span></> : <span class="muted">{spanText(o.period)}</span>}>
          <Number_ value={o.total} currency={o.currency} dims={[]} keys={[]} view={{ ...view, by: [] }} />
        </Kpi>
        <Kpi label={t("overview.unallocated")} foot={o.unallocated ? meta?.has.allocation && <a href={nav.to("allocation", { ...emptyView(), p: view.p })}>{t("overview.who_pays")}</a> : <span class="muted">{t("overview.unallocated_none")}</span>}>
          {o.unallocated ? <><Money value={o.unallocated.value} currency={o.currency} />{o.unallocated.share !== null && <span class="kpi-side">{formatRatio(String(o.unallocated.share), locale())}</span>}</> : "–"}
        </Kpi>
        <Kpi label={t("overview.certificate")} foot={cert.number != null ? <a href={nav.to("certificates", undefined, String(cert.number))}>{t("certificate.n", { n: String(cert.number) })}{cert.period ? ` · ${spanName(cert.period)}` : ""}</a> : <a href={nav.to("certificates")}>{t("certificate.issue")}</a>}>
          <Badge tone={cert.state === "holds" ? "ok" : cert.state === "differs" ? "bad" : "none"}>{cert.state === "holds" ? t("proof.holds") : cert.state === "differs" ? t("proof.differs") : t("certificate.none")}</Badge>
        </Kpi>
        <Kpi label={t("overview.fresh")} foot={<a href={nav.to("runs")}>{t("overview.runs")}</a>}>
          <FreshBadge state={o.fresh.state} lag={o.fresh.hours_lag} sla={o.fresh.sla_hours} />
        </Kpi>
      </div>
      <Chart
        title={o.series.grain === "day" ? t("overview.by_day") : t("overview.by_month")} buckets={o.series.buckets} currency={o.currency} kind="bar"
        note={`${spanText(o.period)} · ${measureName(o.measure)} · ${t("release.n", { n: String(o.release) })}`}
        series={[
          { key: "now", slot: 0, name: spanText(o.period), values: o.series.values },
          ...(hasBefore ? [{ key: "before", name: spanText(o.compare!), values: o.series.before!.slice(0, o.series.buckets.length), ghost: true }] : []),
        ]}
      />
      <div class="two">
        <Card title={t("overview.movers")} actions={<a href={nav.to("cost", { ...costView, by: ["ServiceName"], sort: "-change" })}>{t("see_all")}</a>}>
          {o.movers.length === 0 ? <p class="muted pad">{t("overview.no_movers")}</p> : (
            <Table caption={t("overview.movers")} rows={o.movers} compact columns={[
              { id: "key", head: dimName(o.movers[0]?.dim ?? "ServiceName"), row: true, wide: true, cell: (r) => <a href={nav.to("cost", { ...costView, filters: [{ dim: r.dim, values: [r.key ?? "(none)"], exclude: false }], by: [] })}>{valueName(r.key)}</a>, order: (r) => r.key },
              { id: "value", head: t("now"), number: true, cell: (r) => <Number_ value={r.value} currency={o.currency} dims={[r.dim]} keys={[r.key]} view={costView} />, order: (r) => r.value },
              { id: "change", head: t("change"), number: true, cell: (r) => <Change value={r.change} currency={o.currency} />, order: (r) => r.change },
            ]} />
          )}
        </Card>
        <Card title={t("overview.top")} actions={<a href={nav.to("cost", { ...costView, by: ["ServiceName"] })}>{t("see_all")}</a>}>
          <Table caption={t("overview.top")} rows={o.top} compact columns={[
            { id: "key", head: dimName("ServiceName"), row: true, wide: true, cell: (r) => valueName(r.key), order: (r) => r.key },
            { id: "value", head: t("amount"), number: true, cell: (r) => <Number_ value={r.value} currency={o.currency} dims={["ServiceName"]} keys={[r.key]} view={costView} />, order: (r) => r.value },
            { id: "share", head: t("share"), number: true, cell: (r) => <>{r.share !== null && formatRatio(String(r.share), locale())} <Bar ratio={r.share} label="" /></>, order: (r) => r.share },
          ]} />
        </Card>
      </div>
      <Card title={t("overview.runs")} actions={<a href={nav.to("runs")}>{t("see_all")}</a>}>
        <Table caption={t("overview.runs")} rows={o.runs} compact columns={[
          { id: "run", head: t("run"), row: true, cell: (r) => <a href={nav.to("runs", undefined, r.run)}><Mono>{r.run.slice(0, 8)}</Mono></a> },
          { id: "state", head: t("state"), cell: (r) => <Badge tone={runTone(r.state)}>{word("state", r.state)}</Badge> },
          { id: "started", head: t("started"), cell: (r) => <When at={r.started} /> },
          { id: "release", head: t("release"), number: true, cell: (r) => r.release ?? "–" },
        ]} />
      </Card>
    </div>
  );
}
