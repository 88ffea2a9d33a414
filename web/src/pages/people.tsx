import { useState } from "preact/hooks";
import { t, word } from "../i18n";
import { call } from "../lib/api";
import { useApi, useWrite } from "../lib/hooks";
import type { Grant, Role, User } from "../lib/types";
import { useApp } from "../ui/app-context";
import { Badge, Button, Card, Empty, Load, Mono, PageHead, ProblemCard, Select, When } from "../ui/basic";
import { Dialog } from "../ui/dialog";
import { Table } from "../ui/table";

const roles = ["viewer", "analyst", "scientist", "engineer", "admin"];

export default function PeoplePage() {
  const app = useApp();
  const answer = useApi<User[]>("/users");
  const [adding, setAdding] = useState(false);
  const [link, setLink] = useState<{ link: string; id: string }>();
  const [grants, setGrants] = useState<User>();
  const write = useWrite();
  const roleText = (r: Role) => `${word("role", r.role)} · ${r.tenant === "*" ? t("people.all_tenants") : r.tenant}`;
  return (
    <>
      <PageHead title={t("page.people")} note={t("people.note")}>
        <Button kind="primary" icon="plus" onClick={() => { write.clear(); setAdding(true); }}>{t("people.add")}</Button>
      </PageHead>
      {write.problem && !adding && <ProblemCard problem={write.problem} />}
      <Load answer={answer}>
        {(list) => list.length === 0 ? <Empty title={t("people.empty")} /> : (
          <Card>
            <Table caption={t("page.people")} rows={list} columns={[
              { id: "id", head: t("user"), row: true, cell: (u) => <><strong>{u.name || u.id}</strong> <span class="muted">{u.id}</span></>, order: (u) => u.id },
              { id: "roles", head: t("people.roles"), wide: true, cell: (u) => u.roles.map(roleText).join(", ") || "–" },
              { id: "state", head: t("state"), cell: (u) => <Badge tone={u.disabled ? "bad" : u.has_password ? "ok" : "warn"}>{u.disabled ? t("people.disabled") : u.has_password ? t("people.active") : t("people.invited")}</Badge> },
              { id: "seen", head: t("people.last_seen"), cell: (u) => <When at={u.last_seen} />, order: (u) => u.last_seen },
              { id: "act", head: <span class="sr">{t("actions")}</span>, cell: (u) => (
                <span class="row">
                  <Button kind="quiet" onClick={() => setGrants(u)}>{t("people.grants")}</Button>
                  <Button kind="quiet" disabled={write.busy} onClick={() => void write.run(async () => setLink({ ...(await call<{ link: string }>("POST", `/users/${encodeURIComponent(u.id)}/link`)), id: u.id }))}>{t("people.new_link")}</Button>
                  {u.id !== app.me.user.id && <Button kind="quiet" disabled={write.busy} onClick={() => void write.run(async () => { await call("PATCH", `/users/${encodeURIComponent(u.id)}`, { disabled: !u.disabled }); answer.reload(); })}>{u.disabled ? t("people.enable") : t("people.disable")}</Button>}
                </span>
              ) },
            ]} />
          </Card>
        )}
      </Load>
      <Dialog open={adding} title={t("people.add")} onClose={() => setAdding(false)}>
        {adding && <AddPerson busy={write.busy} onCancel={() => setAdding(false)} onAdd={(body) => void write.run(async () => { const made = await call<User & { link: string }>("POST", "/users", body); setAdding(false); setLink({ link: made.link, id: made.id }); answer.reload(); })} />}
        {write.problem && <ProblemCard problem={write.problem} />}
      </Dialog>
      <Dialog open={link !== undefined} title={t("people.link_title", { id: link?.id ?? "" })} onClose={() => setLink(undefined)}>
        <p>{t("people.link_means")}</p>
        <p class="secret"><Mono>{link?.link}</Mono></p>
        <Button icon="link" onClick={() => { void navigator.clipboard?.writeText(link!.link); app.toast(t("copied", { text: t("people.link") })); }}>{t("copy")}</Button>
      </Dialog>
      {grants && <Grants user={grants} onClose={() => { setGrants(undefined); answer.reload(); }} />}
    </>
  );
}

function TenantSelect({ value, onChange, all }: { value: string; onChange: (v: string) => void; all?: boolean }) {
  const { me } = useApp();
  return <Select label={t("tenant")} value={value} options={[...(all ? [{ id: "*", text: t("people.all_tenants") }] : []), ...me.tenants.map((x) => ({ id: x.id, text: x.name }))]} onChange={onChange} />;
}

function AddPerson({ busy, onAdd, onCancel }: { busy: boolean; onAdd: (body: unknown) => void; onCancel: () => void }) {
  const { me, tenant } = useApp();
  const [id, setId] = useState("");
  const [name, setName] = useState("");
  const [role, setRole] = useState("analyst");
  const [where, setWhere] = useState(tenant ?? me.tenants[0]?.id ?? "*");
  return (
    <form onSubmit={(e) => { e.preventDefault(); onAdd({ id: id.trim(), name: name.trim(), roles: [{ role, tenant: where }] }); }}>
      <label class="field"><span class="field-label">{t("people.id")}</span><input required value={id} autocomplete="off" onInput={(e) => setId(e.currentTarget.value)} /></label>
      <label class="field"><span class="field-label">{t("name")}</span><input value={name} autocomplete="off" onInput={(e) => setName(e.currentTarget.value)} /></label>
      <div class="row"><Select label={t("people.role")} value={role} options={roles.map((r) => ({ id: r, text: word("role", r) }))} onChange={setRole} /><TenantSelect value={where} onChange={setWhere} all /></div>
      <p class="muted small">{word("role_means", role)}</p>
      <div class="dialog-foot"><Button onClick={onCancel}>{t("cancel")}</Button><Button kind="primary" type="submit" disabled={busy}>{t("people.add")}</Button></div>
    </form>
  );
}

function Grants({ user, onClose }: { user: User; onClose: () => void }) {
  const { me, tenant } = useApp();
  const path = `/users/${encodeURIComponent(user.id)}/grants`;
  const answer = useApi<Grant[]>(path);
  const write = useWrite();
  const [kind, setKind] = useState<"role" | "unmask">("role");
  const [role, setRole] = useState("analyst");
  const [where, setWhere] = useState(tenant ?? me.tenants[0]?.id ?? "*");
  const [table, setTable] = useState("");
  const [column, setColumn] = useState("");
  const change = (method: "PUT" | "DELETE", grant: Grant) => void write.run(async () => { await call(method, path, grant); answer.reload(); });
  return (
    <Dialog open wide title={t("people.grants_of", { name: user.name || user.id })} onClose={onClose}>
      {write.problem && <ProblemCard problem={write.problem} />}
      <Load answer={answer} lines={3}>
        {(list) => list.length === 0 ? <p class="muted">{t("people.no_grants")}</p> : (
          <Table caption={t("people.grants")} rows={list} compact columns={[
            { id: "kind", head: t("type"), row: true, cell: (g) => (g.kind === "role" ? t("people.role") : t("people.unmask")) },
            { id: "tenant", head: t("tenant"), cell: (g) => (g.tenant === "*" ? t("people.all_tenants") : g.tenant) },
            { id: "what", head: t("people.what"), cell: (g) => (g.kind === "role" ? word("role", g.role ?? "") : <Mono>{g.table}.{g.column}</Mono>) },
            { id: "act", head: <span class="sr">{t("actions")}</span>, cell: (g) => <Button kind="quiet" disabled={write.busy} onClick={() => change("DELETE", g)}>{t("people.revoke")}</Button> },
          ]} />
        )}
      </Load>
      <form class="add-grant" onSubmit={(e) => { e.preventDefault(); change("PUT", kind === "role" ? { kind, role, tenant: where } : { kind, tenant: where, table: table.trim(), column: column.trim() }); }}>
        <Select label={t("people.grant")} value={kind} options={[{ id: "role", text: t("people.role") }, { id: "unmask", text: t("people.unmask") }]} onChange={(k) => setKind(k as "role")} />
        <TenantSelect value={where} onChange={setWhere} all={kind === "role"} />
        {kind === "role" ? <Select label={t("people.role")} value={role} options={roles.map((r) => ({ id: r, text: word("role", r) }))} onChange={setRole} /> : (
          <>
            <label class="field"><span class="field-label">{t("table")}</span><input required placeholder="silver.…" value={table} onInput={(e) => setTable(e.currentTarget.value)} /></label>
            <label class="field"><span class="field-label">{t("lineage.column")}</span><input required value={column} onInput={(e) => setColumn(e.currentTarget.value)} /></label>
          </>
        )}
        <Button kind="primary" type="submit" disabled={write.busy}>{t("people.give")}</Button>
      </form>
    </Dialog>
  );
}
