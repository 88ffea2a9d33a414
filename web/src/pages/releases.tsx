import { useState } from "preact/hooks";
import { t } from "../i18n";
import { call } from "../lib/api";
import { useApi, useWrite } from "../lib/hooks";
import type { Release } from "../lib/types";
import { emptyView } from "../lib/view";
import { can, useApp, useNav } from "../ui/app-context";
import { Badge, Button, Card, Empty, Load, Mono, PageHead, ProblemCard, When } from "../ui/basic";
import { Confirm } from "../ui/dialog";
import { Table } from "../ui/table";

export default function ReleasesPage() {
  const app = useApp();
  const nav = useNav();
  const answer = useApi<Release[]>(nav.api("/releases"));
  const [asking, setAsking] = useState<number>();
  const write = useWrite();
  const may = can(app, "rollback");
  return (
    <>
      <PageHead title={t("page.releases")} note={t("releases.note")} />
      <Load answer={answer}>
        {(list) => list.length === 0 ? <Empty title={t("releases.empty")}><p>{t("runs.empty_why")}</p></Empty> : (
          <Card>
            <Table caption={t("page.releases")} rows={list} columns={[
              { id: "number", head: t("number"), row: true, cell: (r) => <>{r.number} {r.number === app.meta?.release && <Badge tone="ok">{t("releases.current")}</Badge>}</>, order: (r) => r.number },
              { id: "at", head: t("when"), cell: (r) => <When at={r.at} />, order: (r) => r.at },
              { id: "user", head: t("user"), cell: (r) => r.user || "–" },
              { id: "run", head: t("run"), cell: (r) => (r.run ? <a href={nav.to("runs", undefined, r.run)}><Mono>{r.run.slice(0, 8)}</Mono></a> : "–") },
              { id: "tables", head: t("releases.tables"), number: true, cell: (r) => (typeof r.tables === "number" ? r.tables : r.tables.length) },
              { id: "act", head: <span class="sr">{t("actions")}</span>, cell: (r) => (
                <span class="row">
                  {r.number > 1 && list.some((x) => x.number === r.number - 1) && app.meta && app.meta.measures.length > 0 && <a class="button quiet" href={nav.to("diff", { ...emptyView(), extra: { a: String(r.number - 1), b: String(r.number) } })}>{t("releases.what_changed")}</a>}
                  {may && r.number !== app.meta?.release && <Button onClick={() => { write.clear(); setAsking(r.number); }}>{t("releases.back")}</Button>}
                </span>
              ) },
            ]} />
          </Card>
        )}
      </Load>
      <Confirm
        open={asking !== undefined} danger busy={write.busy} title={t("releases.back_to", { n: String(asking ?? "") })} text={t("releases.back_means", { n: String(asking ?? "") })} action={t("releases.back")}
        onClose={() => setAsking(undefined)} onConfirm={() => void write.run(async () => { await call("POST", nav.api(`/releases/${asking}/rollback`)); location.reload(); })}
      >{write.problem && <ProblemCard problem={write.problem} />}</Confirm>
    </>
  );
}
