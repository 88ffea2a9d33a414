import { useState } from "preact/hooks";
import { bytes, count, locale, plural, spanName, t, word } from "../i18n";
import { apiUrl, call } from "../lib/api";
import { useApi, useWrite } from "../lib/hooks";
import { formatDecimal, formatMoney } from "../lib/money";
import type { Certificate, CertificateRow } from "../lib/types";
import { can, useApp, useNav } from "../ui/app-context";
import { Badge, Button, Card, Empty, Load, Mono, PageHead, ProblemCard, Select, When } from "../ui/basic";
import { JobDialog } from "../ui/job";
import { measureName } from "../ui/names";
import { Table } from "../ui/table";

export default function CertificatesPage() {
  const { id } = useApp();
  return id ? <One number={id} /> : <List />;
}

function List() {
  const app = useApp();
  const nav = useNav();
  const answer = useApi<CertificateRow[]>(nav.api("/certificates"));
  const write = useWrite();
  const [job, setJob] = useState<string>();
  const periods = [...app.meta!.periods].reverse();
  const [period, setPeriod] = useState(periods[0]?.period ?? "");
  return (
    <>
      <PageHead title={t("page.certificates")} note={t("certificates.note")}>
        {(answer.data?.length ?? 0) > 0 && <Button disabled={write.busy} onClick={() => void write.run(async () => setJob((await call<{ job: string }>("POST", nav.api("/certificates/verify"))).job))}>{t("certificates.verify")}</Button>}
        {can(app, "certify") && (
          <>
            <Select label={t("period")} hideLabel value={period} options={periods.map((p) => ({ id: p.period, text: spanName(p.period) }))} onChange={setPeriod} />
            <Button kind="primary" disabled={write.busy} onClick={() => void write.run(async () => { await call("POST", nav.api("/certificates"), { period }); answer.reload(); app.toast(t("done")); })}>{t("certificate.issue")}</Button>
          </>
        )}
      </PageHead>
      {write.problem && <ProblemCard problem={write.problem} />}
      <Load answer={answer}>
        {(list) => list.length === 0 ? <Empty title={t("certificates.empty")}><p>{t("certificates.empty_why")}</p></Empty> : (
          <Card>
            <Table caption={t("page.certificates")} rows={list} columns={[
              { id: "certificate", head: t("number"), row: true, cell: (c) => <a href={nav.to("certificates", undefined, String(c.certificate))}>{t("certificate.n", { n: String(c.certificate) })}</a>, order: (c) => c.certificate },
              { id: "period", head: t("period"), cell: (c) => spanName(c.period), order: (c) => c.period },
              { id: "verdict", head: t("certificates.verdict"), cell: (c) => <Badge tone={c.verdict === "holds" ? "ok" : "bad"}>{c.verdict === "holds" ? t("holds") : word("verdict", c.verdict)}</Badge> },
              { id: "state", head: t("certificates.period_state"), cell: (c) => word("state", c.state) },
              { id: "at", head: t("issued"), cell: (c) => <><When at={c.issued_at} /> <span class="muted">{c.issued_by}</span></>, order: (c) => c.issued_at },
              { id: "seal", head: t("certificates.seal"), cell: (c) => <Mono title={c.seal}>{c.seal.slice(0, 16)}…</Mono> },
            ]} />
          </Card>
        )}
      </Load>
      <JobDialog id={job} title={t("certificates.verify")} onClose={() => setJob(undefined)} />
    </>
  );
}

function One({ number }: { number: string }) {
  const nav = useNav();
  const path = nav.api(`/certificates/${encodeURIComponent(number)}`);
  const answer = useApi<Certificate>(path);
  return (
    <>
      <PageHead title={t("certificate.n", { n: number })} note={answer.data ? <>{spanName(answer.data.period)} · <When at={answer.data.issued_at} /> · {answer.data.issued_by}</> : undefined}>
        <a class="button plain" href={nav.to("certificates")}>{t("back")}</a>
        <a class="button primary" target="_blank" rel="noreferrer" href={apiUrl(`${path}/page`)}>{t("certificates.page")}</a>
      </PageHead>
      <Load answer={answer} lines={12}>
        {(c) => {
          const s = c.statement;
          const holds = s.holds.strict && s.holds.focus;
          return (
            <div class="stack">
              <div class={`verdict ${holds ? "ok" : "bad"}`}>
                <Badge tone={holds ? "ok" : "bad"}>{holds ? t("proof.holds") : t("proof.differs")}</Badge>
                <span>{plural("reconcile.comparisons", s.comparisons.length)} · {t("release.n", { n: String(c.evidence.release) })}</span>
              </div>
              {s.sums.map((sum, i) => (
                <Card key={i} title={`${measureName(sum.measure)}${sum.issuer ? ` · ${sum.issuer}` : ""}${sum.invoice ? ` · ${t("certificates.invoice")} ${sum.invoice}` : ""}`}>
                  <Table caption={measureName(sum.measure)} rows={sum.stages} compact columns={[
                    { id: "stage", head: t("certificates.stage"), row: true, cell: (x) => word("stage", x.stage) },
                    { id: "table", head: t("table"), cell: (x) => <Mono>{x.table}</Mono> },
                    { id: "rows", head: t("rows"), number: true, cell: (x) => count(x.rows) },
                    { id: "amount", head: t("amount"), number: true, cell: (x) => <span class="num">{formatMoney(x.amount, sum.currency, locale(), true)}</span> },
                  ]} />
                </Card>
              ))}
              <Card title={t("certificates.comparisons")}>
                <Table caption={t("certificates.comparisons")} rows={s.comparisons} compact columns={[
                  { id: "measure", head: t("measure"), row: true, cell: (x) => <>{x.measure === "rows" ? t("rows") : measureName(x.measure)}{x.category && <span class="muted"> {x.category}</span>}</> },
                  { id: "from", head: t("from"), cell: (x) => <Mono>{x.from}</Mono> },
                  { id: "to", head: t("to"), cell: (x) => <Mono>{x.to}</Mono> },
                  { id: "a", head: t("reconcile.there"), number: true, cell: (x) => <span class="num">{formatDecimal(x.from_amount, locale())}</span> },
                  { id: "b", head: t("reconcile.here"), number: true, cell: (x) => <span class="num">{formatDecimal(x.to_amount, locale())}</span> },
                  { id: "d", head: t("difference"), number: true, cell: (x) => <span class="num">{formatDecimal(x.difference, locale())}</span> },
                ]} />
              </Card>
              <Card title={plural("explain.files", c.evidence.files.length)}>
                <Table caption={t("certificates.evidence")} rows={c.evidence.files} compact columns={[
                  { id: "path", head: t("file"), row: true, wide: true, cell: (f) => <Mono>{f.path}</Mono> },
                  { id: "rows", head: t("rows"), number: true, cell: (f) => count(f.rows) },
                  { id: "bytes", head: t("bytes"), number: true, cell: (f) => bytes(f.bytes) },
                  { id: "sha", head: "SHA-256", cell: (f) => <Mono title={f.sha256}>{f.sha256.slice(0, 16)}…</Mono> },
                ]} />
              </Card>
              <Card title={t("certificates.seal")}>
                <dl class="facts pad">
                  <dt>{t("certificates.hash")}</dt><dd><Mono>{c.hash}</Mono></dd>
                  <dt>{t("certificates.seal")}</dt><dd><Mono>{c.seal}</Mono></dd>
                  <dt>{t("certificates.previous")}</dt><dd><Mono>{c.previous || "–"}</Mono></dd>
                  <dt>{t("certificates.program")}</dt><dd>{s.program}</dd>
                </dl>
              </Card>
            </div>
          );
        }}
      </Load>
    </>
  );
}
