import { useEffect, useState } from "preact/hooks";
import { plural, t, word } from "../i18n";
import { call } from "../lib/api";
import { useApi, useWrite } from "../lib/hooks";
import type { Audit } from "../lib/types";
import { useApp } from "../ui/app-context";
import { Badge, Button, Card, Empty, Load, Mono, PageHead, ProblemCard, useDebounced, When } from "../ui/basic";
import { Table } from "../ui/table";

export default function AuditPage() {
  const app = useApp();
  const { extra } = app.view;
  const [form, setForm] = useState({ user: extra["user"] ?? "", tenant: extra["tenant"] ?? "", action: extra["action"] ?? "" });
  const settled = useDebounced(form, 250);
  const search = new URLSearchParams(Object.entries(settled).filter(([, v]) => v)).toString();
  const answer = useApi<Audit>("/audit" + (search ? "?" + search : ""), true);
  const [more, setMore] = useState<Pick<Audit, "entries" | "next">>();
  const write = useWrite();
  useEffect(() => {
    setMore(undefined);
    app.go("/audit" + (search ? "?" + search : ""), true);
  }, [search]);
  const field = (name: keyof typeof form, label: string) => <label class="field inline" key={name}><span class="field-label">{label}</span><input type="search" value={form[name]} onInput={(e) => setForm({ ...form, [name]: e.currentTarget.value })} /></label>;
  return (
    <>
      <PageHead title={t("page.audit")} note={t("audit.note")} />
      <div class="filterbar">{field("user", t("user"))}{field("tenant", t("tenant"))}{field("action", t("audit.action"))}</div>
      <Load answer={answer} lines={10}>
        {(a) => {
          const next = more ? more.next : a.next;
          const rows = [...a.entries, ...(more?.entries ?? [])];
          return (
            <div class="stack">
              <div class={`verdict ${a.chain.holds ? "ok" : "bad"}`}><Badge tone={a.chain.holds ? "ok" : "bad"}>{a.chain.holds ? t("audit.chain_holds") : t("audit.chain_broken")}</Badge><span>{plural("audit.entries", a.chain.entries)}</span></div>
              {rows.length === 0 ? <Empty title={t("audit.empty")} /> : (
                <Card>
                  <Table caption={t("page.audit")} rows={rows} compact first={500} columns={[
                    { id: "number", head: t("number"), number: true, row: true, cell: (e) => e.number, order: (e) => e.number },
                    { id: "at", head: t("when"), cell: (e) => <When at={e.at} />, order: (e) => e.at },
                    { id: "user", head: t("user"), cell: (e) => e.user || "–", order: (e) => e.user },
                    { id: "action", head: t("audit.action"), cell: (e) => <Mono>{e.action}</Mono>, order: (e) => e.action },
                    { id: "tenant", head: t("tenant"), cell: (e) => e.tenant || "–", order: (e) => e.tenant },
                    { id: "object", head: t("audit.object"), wide: true, cell: (e) => e.object || "–" },
                    { id: "outcome", head: t("audit.outcome"), cell: (e) => word("state", e.outcome), order: (e) => e.outcome },
                  ]} />
                  {next && <p class="row more"><Button disabled={write.busy} onClick={() => void write.run(async () => { const page = await call<Audit>("GET", `/audit?${search ? search + "&" : ""}cursor=${encodeURIComponent(next)}`); setMore({ entries: [...(more?.entries ?? []), ...page.entries], next: page.next }); })}>{t("lines.more")}</Button></p>}
                  {write.problem && <ProblemCard problem={write.problem} />}
                </Card>
              )}
            </div>
          );
        }}
      </Load>
    </>
  );
}
