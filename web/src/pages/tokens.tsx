import { useState } from "preact/hooks";
import { t, word } from "../i18n";
import { apiUrl, call } from "../lib/api";
import { useApi, useWrite } from "../lib/hooks";
import type { Token } from "../lib/types";
import { useApp } from "../ui/app-context";
import { Button, Card, Empty, Load, Mono, PageHead, ProblemCard, Select, When } from "../ui/basic";
import { Confirm, Dialog } from "../ui/dialog";
import { Table } from "../ui/table";

export default function TokensPage() {
  const app = useApp();
  const answer = useApi<Token[]>("/tokens");
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<Token>();
  const [ending, setEnding] = useState<Token>();
  const [name, setName] = useState("");
  const [tenant, setTenant] = useState(app.tenant ?? "");
  const [scope, setScope] = useState("read");
  const [days, setDays] = useState("90");
  const write = useWrite();
  return (
    <>
      <PageHead title={t("page.tokens")} note={t("tokens.note")}>
        <Button kind="primary" icon="plus" onClick={() => { write.clear(); setName(""); setAdding(true); }}>{t("tokens.add")}</Button>
      </PageHead>
      <Load answer={answer}>
        {(list) => list.length === 0 ? <Empty title={t("tokens.empty")}><p>{t("tokens.empty_why")}</p></Empty> : (
          <Card>
            <Table caption={t("page.tokens")} rows={list} columns={[
              { id: "name", head: t("name"), row: true, cell: (x) => x.name, order: (x) => x.name },
              { id: "user", head: t("user"), cell: (x) => x.user, order: (x) => x.user },
              { id: "scopes", head: t("tokens.scopes"), cell: (x) => x.scopes.map((s) => word("scope", s)).join(", ") },
              { id: "tenant", head: t("tenant"), cell: (x) => x.tenant || t("people.all_tenants") },
              { id: "created", head: t("tokens.created"), cell: (x) => <When at={x.created} />, order: (x) => x.created },
              { id: "expires", head: t("tokens.expires"), cell: (x) => <When at={x.expires} />, order: (x) => x.expires },
              { id: "used", head: t("tokens.last_used"), cell: (x) => <When at={x.last_used} />, order: (x) => x.last_used },
              { id: "act", head: <span class="sr">{t("actions")}</span>, cell: (x) => <Button kind="quiet" onClick={() => { write.clear(); setEnding(x); }}>{t("tokens.end")}</Button> },
            ]} />
          </Card>
        )}
      </Load>
      <Dialog open={adding} title={t("tokens.add")} onClose={() => setAdding(false)}>
        <form onSubmit={(e) => { e.preventDefault(); void write.run(async () => { const token = await call<Token>("POST", "/tokens", { name: name.trim(), scopes: [scope], days: Number(days), ...(tenant ? { tenant } : {}) }); setAdding(false); setMade(token); answer.reload(); }); }}>
          <label class="field"><span class="field-label">{t("tokens.for_what")}</span><input required maxLength={60} value={name} onInput={(e) => setName(e.currentTarget.value)} /></label>
          <div class="row">
            <Select label={t("tenant")} value={tenant} options={[{ id: "", text: t("tokens.all_mine") }, ...app.me.tenants.map((x) => ({ id: x.id, text: x.name }))]} onChange={setTenant} />
            <Select label={t("tokens.scopes")} value={scope} options={["read", "run", "admin"].map((s) => ({ id: s, text: word("scope", s) }))} onChange={setScope} />
            <Select label={t("tokens.lives")} value={days} options={["7", "30", "90", "365"].map((d) => ({ id: d, text: t("tokens.days", { n: Number(d) }) }))} onChange={setDays} />
          </div>
          {write.problem && <ProblemCard problem={write.problem} />}
          <div class="dialog-foot"><Button onClick={() => setAdding(false)}>{t("cancel")}</Button><Button kind="primary" type="submit" disabled={write.busy}>{t("tokens.add")}</Button></div>
        </form>
      </Dialog>
      <Dialog open={made !== undefined} title={t("tokens.made")} onClose={() => setMade(undefined)}>
        <p>{t("tokens.once")}</p>
        <p class="secret"><Mono>{made?.token}</Mono></p>
        <Button icon="link" onClick={() => { void navigator.clipboard?.writeText(made?.token ?? ""); app.toast(t("copied", { text: t("tokens.token") })); }}>{t("copy")}</Button>
        <p class="muted small">{t("tokens.example")}</p>
        <pre class="code" tabindex={0}>{`curl -H "Authorization: Bearer $TOKEN" "${apiUrl(`/t/${app.tenant ?? "TENANT"}/cost?format=csv`)}"`}</pre>
      </Dialog>
      <Confirm open={ending !== undefined} danger busy={write.busy} title={t("tokens.end_title", { name: ending?.name ?? "" })} text={t("tokens.end_means")} action={t("tokens.end")} onClose={() => setEnding(undefined)} onConfirm={() => void write.run(async () => { await call("DELETE", `/tokens/${encodeURIComponent(ending!.id)}`); setEnding(undefined); answer.reload(); })}>{write.problem && <ProblemCard problem={write.problem} />}</Confirm>
    </>
  );
}
