import { locale, t } from "../i18n";
import { useApi } from "../lib/hooks";
import { formatRatio, type Decimal } from "../lib/money";
import type { Commitments } from "../lib/types";
import { emptyView, viewSearch } from "../lib/view";
import { useApp, useNav } from "../ui/app-context";
import { Bar, Card, Empty, Kpi, Load, Money, Mono, PageHead } from "../ui/basic";
import { FilterBar } from "../ui/filterbar";
import { Table } from "../ui/table";

function Ratio({ value, label }: { value: Decimal | null; label: string }) {
  return value === null ? <span class="muted">–</span> : <>{formatRatio(String(value), locale())} <Bar ratio={String(value)} label={label} /></>;
}

export default function CommitmentsPage() {
  const { view, meta } = useApp();
  const nav = useNav();
  const answer = useApi<Commitments>(nav.api("/commitments" + viewSearch({ ...emptyView(), p: view.p, cur: view.cur })), true);
  const currency = (c: Commitments) => c.rows[0]?.currency ?? (view.cur || meta!.tenant.currency);
  return (
    <>
      <PageHead title={t("page.commitments")} note={t("commitments.note")} />
      <FilterBar without={["compare", "measure", "filters"]} exports="/commitments" />
      <Load answer={answer}>
        {(c) => c.rows.length === 0 ? <Empty title={t("commitments.empty")}><p>{t("commitments.empty_why")}</p></Empty> : (
          <div class="stack">
            {c.total && (
              <div class="kpis">
                <Kpi label={t("commitments.committed")}><Money value={c.total.committed} currency={currency(c)} /></Kpi>
                <Kpi label={t("commitments.unused")} tone={Number(c.total.unused) > 0 ? "warn" : undefined}><Money value={c.total.unused} currency={currency(c)} /></Kpi>
                <Kpi label={t("commitments.utilisation")}>{c.total.utilisation === null ? "–" : formatRatio(String(c.total.utilisation), locale())}</Kpi>
                <Kpi label={t("commitments.coverage")}>{c.total.coverage === null ? "–" : formatRatio(String(c.total.coverage), locale())}</Kpi>
              </div>
            )}
            <Card title={t("commitments.each")}>
              <Table caption={t("page.commitments")} rows={c.rows} columns={[
                { id: "id", head: t("commitments.commitment"), row: true, wide: true, cell: (r) => <><div>{r.CommitmentDiscountName || r.CommitmentDiscountId.split("/").pop()}</div><Mono title={r.CommitmentDiscountId}><span class="muted small clip">{r.CommitmentDiscountId}</span></Mono></>, order: (r) => r.CommitmentDiscountId },
                { id: "type", head: t("type"), cell: (r) => r.CommitmentDiscountType ?? "–", order: (r) => r.CommitmentDiscountType },
                { id: "committed", head: t("commitments.committed"), number: true, cell: (r) => <Money value={r.committed} currency={r.currency} />, order: (r) => r.committed },
                { id: "used", head: t("commitments.used"), number: true, cell: (r) => <Money value={r.used} currency={r.currency} />, order: (r) => r.used },
                { id: "unused", head: t("commitments.unused"), number: true, cell: (r) => <Money value={r.unused} currency={r.currency} />, order: (r) => r.unused },
                { id: "utilisation", head: t("commitments.utilisation"), number: true, cell: (r) => <Ratio value={r.utilisation} label={t("commitments.utilisation")} />, order: (r) => r.utilisation },
                { id: "coverage", head: t("commitments.coverage"), number: true, cell: (r) => <Ratio value={r.coverage} label={t("commitments.coverage")} />, order: (r) => r.coverage },
              ]} />
            </Card>
          </div>
        )}
      </Load>
    </>
  );
}
