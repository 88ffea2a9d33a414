import { plural, t } from "../i18n";
import { useApi } from "../lib/hooks";
import type { TenantRow } from "../lib/types";
import { href, pagePath } from "../ui/app-context";
import { Badge, Card, Empty, FreshBadge, Load, Mono, PageHead, runTone, When } from "../ui/basic";
import { word } from "../i18n";
import { Table } from "../ui/table";

export default function TenantsPage() {
  const answer = useApi<TenantRow[]>("/tenants");
  return (
    <>
      <PageHead title={t("page.tenants")} note={t("tenants.note")} />
      <Load answer={answer}>
        {(list) => list.length === 0 ? <Empty title={t("tenants.empty")}><p>{t("tenants.empty_why")}</p></Empty> : (
          <Card>
            <Table caption={t("page.tenants")} rows={list} columns={[
              { id: "name", head: t("tenant"), row: true, cell: (x) => <><a href={href(pagePath(x.id, ""))}>{x.name || x.id}</a> <span class="muted">{x.id}</span>{!x.enabled && <Badge tone="none">{t("tenants.disabled")}</Badge>}</>, order: (x) => x.name },
              { id: "state", head: t("tenants.freshness"), cell: (x) => <FreshBadge state={x.state} />, order: (x) => x.state },
              { id: "sources", head: t("tenants.sources"), wide: true, cell: (x) => (
                <ul class="plain-list">{x.sources.map((s) => <li key={s.name} class="row"><Mono>{s.name}</Mono><FreshBadge state={s.state} lag={s.hours_lag} sla={s.sla_hours} />{s.sla_hours !== null && <span class="muted small">{t("tenants.of")} {plural("hours", s.sla_hours)}</span>}</li>)}</ul>
              ) },
              { id: "run", head: t("tenants.last_run"), cell: (x) => (x.last_run ? <><Badge tone={runTone(x.last_run.state)}>{word("state", x.last_run.state)}</Badge> <When at={x.last_run.ended_at ?? x.last_run.ended ?? x.last_run.started_at ?? x.last_run.started} /></> : "–"), order: (x) => x.last_run?.started_at ?? x.last_run?.started },
              { id: "release", head: t("release"), number: true, cell: (x) => x.release ?? "–", order: (x) => x.release },
              { id: "currency", head: t("currency"), cell: (x) => x.currency },
            ]} />
          </Card>
        )}
      </Load>
    </>
  );
}
