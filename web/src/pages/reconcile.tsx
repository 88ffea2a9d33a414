import { useState } from "preact/hooks";
import { locale, plural, spanName, t } from "../i18n";
import { useApi } from "../lib/hooks";
import { formatDecimal, fractionDigits } from "../lib/money";
import type { Reconciliation } from "../lib/types";
import { useApp, useNav } from "../ui/app-context";
import { Badge, Card, Empty, Load, Mono, PageHead, Select } from "../ui/basic";
import { ExportMenu } from "../ui/filterbar";
import { measureName } from "../ui/names";
import { Table } from "../ui/table";

export default function ReconcilePage() {
  const { view, meta } = useApp();
  const nav = useNav();
  const search = view.p === "last" ? "" : `?p=${encodeURIComponent(view.p)}`;
  const answer = useApi<Reconciliation>(nav.api("/reconcile" + search), true);
  const [only, setOnly] = useState(false);
  return (
    <>
      <PageHead title={t("page.reconcile")} note={t("reconcile.note")}>
        <ExportMenu path={nav.api("/reconcile")} search={search} />
      </PageHead>
      <div class="filterbar">
        <Select label={t("period")} value={view.p} options={[{ id: "last", text: t("period.last") }, { id: "all", text: t("period.all") }, ...[...meta!.periods].reverse().map((p) => ({ id: p.period, text: spanName(p.period) }))]} onChange={(p) => nav.set({ ...view, p })} />
        <label class="check"><input type="checkbox" checked={only} onChange={() => setOnly(!only)} />{t("reconcile.only_differences")}</label>
      </div>
      <Load answer={answer} lines={12}>
        {(r) => {
          const lines = only ? r.lines.filter((l) => !l.holds) : r.lines;
          const digits = Math.max(0, ...lines.flatMap((l) => [l.from_amount, l.to_amount]).map((v) => fractionDigits(v)));
          const wrong = r.lines.filter((l) => !l.holds).length;
          return (
            <div class="stack">
              <div class={`verdict ${r.holds ? "ok" : "bad"}`}>
                <Badge tone={r.holds ? "ok" : "bad"}>{r.holds ? t("proof.holds") : t("proof.differs")}</Badge>
                <span>{r.holds ? plural("reconcile.comparisons", r.lines.length) : plural("reconcile.wrong", wrong)} · {t("release.n", { n: String(r.release) })}</span>
              </div>
              {lines.length === 0 ? <Empty title={only ? t("reconcile.no_differences") : t("reconcile.empty")} /> : (
                <Card>
                  <Table caption={t("page.reconcile")} rows={lines} compact rowClass={(l) => (l.holds ? undefined : "bad-row")} columns={[
                    { id: "period", head: t("period"), cell: (l) => (l.period ? spanName(l.period) : t("period.all")), order: (l) => l.period },
                    { id: "measure", head: t("measure"), row: true, cell: (l) => <>{l.measure === "rows" ? t("rows") : measureName(l.measure)}{l.category && <span class="muted"> {l.category}</span>}{l.currency && <span class="muted"> {l.currency}</span>}</>, order: (l) => l.measure + l.category },
                    { id: "from", head: t("from"), cell: (l) => <Mono>{l.from}</Mono>, order: (l) => l.from },
                    { id: "to", head: t("to"), cell: (l) => <Mono>{l.to}</Mono>, order: (l) => l.to },
                    { id: "from_amount", head: t("reconcile.there"), number: true, cell: (l) => <span class="num mono">{aligned(l.from_amount, digits)}</span>, order: (l) => l.from_amount },
                    { id: "to_amount", head: t("reconcile.here"), number: true, cell: (l) => <span class="num mono">{aligned(l.to_amount, digits)}</span>, order: (l) => l.to_amount },
                    { id: "difference", head: t("difference"), number: true, cell: (l) => <span class="num">{formatDecimal(l.difference, locale())}</span>, order: (l) => l.difference },
                    { id: "holds", head: t("state"), cell: (l) => <Badge tone={l.holds ? "ok" : "bad"} title={l.note}>{l.holds ? t("holds") : t("differs")}</Badge>, order: (l) => (l.holds ? 1 : 0) },
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

/** The proof shows every digit; what is shorter is filled with blanks of a digit's width, so that the points stand in line. */
function aligned(value: string, digits: number): string {
  const missing = digits - fractionDigits(value);
  return formatDecimal(value, locale()) + "\u2007".repeat(missing) + (fractionDigits(value) === 0 && digits > 0 ? "\u2008" : "");
}
