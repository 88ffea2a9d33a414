import { useState } from "preact/hooks";
import { spanName, t, word } from "../i18n";
import { call } from "../lib/api";
import { useApi, useWrite } from "../lib/hooks";
import type { BillingPeriod } from "../lib/types";
import { emptyView } from "../lib/view";
import { can, useApp, useNav } from "../ui/app-context";
import { Badge, Button, Card, Empty, Load, PageHead, ProblemCard, When } from "../ui/basic";
import { Confirm } from "../ui/dialog";
import { Table } from "../ui/table";

export default function PeriodsPage() {
  const app = useApp();
  const nav = useNav();
  const answer = useApi<BillingPeriod[]>(nav.api("/periods"));
  const [asking, setAsking] = useState<{ period: string; what: "close" | "reopen" }>();
  const [note, setNote] = useState("");
  const write = useWrite();
  const may = can(app, "close");
  return (
    <>
      <PageHead title={t("page.periods")} note={t("periods.note")} />
      <Load answer={answer}>
        {(list) => list.length === 0 ? <Empty title={t("periods.empty")} /> : (
          <Card>
            <Table caption={t("page.periods")} rows={[...list].reverse()} columns={[
              { id: "period", head: t("period"), row: true, cell: (p) => <a href={nav.to("overview", { ...emptyView(), p: p.period })}>{spanName(p.period)}</a>, order: (p) => p.period },
              { id: "state", head: t("state"), cell: (p) => <Badge tone={p.state === "closed" ? "ok" : "none"}>{word("state", p.state)}</Badge>, order: (p) => p.state },
              { id: "closed", head: t("periods.closed"), cell: (p) => (p.closed_at ? <><When at={p.closed_at} /> <span class="muted">{p.closed_by}</span></> : "–") },
              { id: "note", head: t("periods.why"), wide: true, cell: (p) => p.note || "–" },
              { id: "pending", head: t("periods.pending"), number: true, cell: (p) => (p.pending.length ? <details><summary>{p.pending.length}</summary>{p.pending.map((x, i) => <div key={i} class="small">{typeof x === "object" ? JSON.stringify(x) : String(x)}</div>)}</details> : "0"), order: (p) => p.pending.length },
              { id: "certificate", head: t("certificate"), cell: (p) => (p.certificate ? <a href={nav.to("certificates", undefined, String(p.certificate))}>{p.certificate}</a> : "–") },
              ...(may ? [{ id: "act", head: <span class="sr">{t("actions")}</span>, cell: (p: BillingPeriod) => <Button onClick={() => { setNote(""); write.clear(); setAsking({ period: p.period, what: p.state === "open" ? "close" : "reopen" }); }}>{p.state === "open" ? t("periods.close") : t("periods.reopen")}</Button> }] : []),
            ]} />
          </Card>
        )}
      </Load>
      <Confirm
        open={asking !== undefined} busy={write.busy} danger={asking?.what === "reopen"}
        title={asking ? `${asking.what === "close" ? t("periods.close") : t("periods.reopen")} ${spanName(asking.period)}` : ""}
        text={asking?.what === "close" ? t("periods.close_means") : t("periods.reopen_means")} action={asking?.what === "close" ? t("periods.close") : t("periods.reopen")}
        note={{ value: note, onInput: setNote, label: t("periods.why") }} onClose={() => setAsking(undefined)}
        onConfirm={() => void write.run(async () => { await call("POST", nav.api(`/periods/${asking!.period}/${asking!.what}`), { note }); setAsking(undefined); answer.reload(); app.toast(t("done")); })}
      >{write.problem && <ProblemCard problem={write.problem} />}</Confirm>
    </>
  );
}
