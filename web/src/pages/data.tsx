import { useState } from "preact/hooks";
import { bytes, count, plural, t, word } from "../i18n";
import { useApi } from "../lib/hooks";
import type { Grid, TablePage, TableRow } from "../lib/types";
import { useApp, useNav } from "../ui/app-context";
import { Badge, Button, Card, Empty, Load, Mono, PageHead, When } from "../ui/basic";
import { GridTable, Table } from "../ui/table";

export default function DataPage() {
  const { id } = useApp();
  return id ? <One name={id} /> : <List />;
}

function List() {
  const { view } = useApp();
  const nav = useNav();
  const answer = useApi<TableRow[]>(nav.api("/tables"));
  const typed = view.extra["q"] ?? "";
  return (
    <>
      <PageHead title={t("page.data")} note={t("data.note")} />
      <div class="filterbar">
        <label class="field inline"><span class="sr">{t("search")}</span><input type="search" placeholder={t("data.search")} value={typed} onInput={(e) => nav.set({ ...view, extra: { ...view.extra, q: e.currentTarget.value } }, true)} /></label>
      </div>
      <Load answer={answer} lines={10}>
        {(all) => {
          const list = all.filter((x) => `${x.layer}.${x.table} ${x.description}`.toLowerCase().includes(typed.toLowerCase()));
          return list.length === 0 ? <Empty title={typed ? t("data.nothing_found") : t("data.empty")} /> : (
            <Card>
              <Table caption={t("page.data")} rows={list} columns={[
                { id: "table", head: t("table"), row: true, wide: true, cell: (x) => <><a href={nav.to("data", undefined, `${x.layer}.${x.table}`)}><Mono>{x.layer}.{x.table}</Mono></a><div class="muted small">{x.description}</div></>, order: (x) => `${x.layer}.${x.table}` },
                { id: "layer", head: t("layer"), cell: (x) => <span class={`layer ${x.layer}`}>{word("layer", x.layer)}</span>, order: (x) => ["raw", "bronze", "silver", "gold"].indexOf(x.layer) },
                { id: "rows", head: t("rows"), number: true, cell: (x) => (x.rows === null ? "–" : count(x.rows)), order: (x) => x.rows },
                { id: "bytes", head: t("bytes"), number: true, cell: (x) => bytes(x.bytes), order: (x) => x.bytes },
                { id: "periods", head: t("data.periods"), number: true, cell: (x) => x.periods, order: (x) => x.periods },
                { id: "version", head: t("version"), number: true, cell: (x) => x.version, order: (x) => x.version },
                { id: "checks", head: t("data.checks"), cell: (x) => <Checks failed={x.checks.failed} warned={x.checks.warned} />, order: (x) => x.checks.failed * 1000 + x.checks.warned },
                { id: "class", head: t("data.classification"), cell: (x) => x.classification.map((c) => word("class", c)).join(", ") || "–" },
              ]} />
            </Card>
          );
        }}
      </Load>
    </>
  );
}

function Checks({ failed, warned }: { failed: number; warned: number }) {
  return failed > 0 ? <Badge tone="bad">{plural("data.failed", failed)}</Badge> : warned > 0 ? <Badge tone="warn">{plural("data.warned", warned)}</Badge> : <Badge tone="ok">{t("data.all_pass")}</Badge>;
}

const tabs = ["columns", "sample", "checks", "history", "sql"] as const;

function One({ name }: { name: string }) {
  const { view } = useApp();
  const nav = useNav();
  const path = nav.api(`/tables/${name}`);
  const answer = useApi<TablePage>(path);
  const tab = (tabs as readonly string[]).includes(view.extra["tab"] ?? "") ? view.extra["tab"]! : "columns";
  const choose = (x: string) => nav.set({ ...view, extra: x === "columns" ? {} : { tab: x } }, true);
  return (
    <>
      <PageHead title={name} note={answer.data?.description}>
        <a class="button plain" href={nav.to("data")}>{t("back")}</a>
        <a class="button plain" href={nav.to("lineage", undefined) + `?sel=${encodeURIComponent(name)}`}>{t("page.lineage")}</a>
        <a class="button plain" href={nav.to("quality", undefined, name)}>{t("quality.quarantine")}</a>
      </PageHead>
      <Load answer={answer} lines={12}>
        {(x) => (
          <div class="stack">
            <dl class="facts inline">
              <dt>{t("rows")}</dt><dd>{x.rows === null ? "–" : count(x.rows)}</dd><dt>{t("bytes")}</dt><dd>{bytes(x.bytes)}</dd><dt>{t("version")}</dt><dd>{x.version}</dd>
              <dt>{t("data.grain")}</dt><dd>{Array.isArray(x.grain) ? x.grain.join(", ") : x.grain || "–"}</dd>
              <dt>{t("data.inputs")}</dt><dd>{x.inputs.map((i) => <a key={i} href={nav.to("data", undefined, i)}>{i} </a>)}{x.inputs.length === 0 && "–"}</dd>
              <dt>{t("data.readers")}</dt><dd>{x.readers.map((i) => <a key={i} href={nav.to("data", undefined, i)}>{i} </a>)}{x.readers.length === 0 && "–"}</dd>
            </dl>
            <div class="tabs" role="tablist" aria-label={name} onKeyDown={(e) => {
              const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
              if (!step) return;
              const list = tabs.filter((id) => id !== "sql" || x.sql);
              const next = list[(list.indexOf(tab as "sql") + step + list.length) % list.length]!;
              choose(next);
              document.getElementById(`tab-${next}`)?.focus();
            }}>
              {tabs.filter((id) => id !== "sql" || x.sql).map((id) => <button key={id} type="button" role="tab" id={`tab-${id}`} aria-selected={tab === id} aria-controls="tab-panel" tabindex={tab === id ? 0 : -1} onClick={() => choose(id)}>{t(`data.tab_${id}`)}</button>)}
            </div>
            <Card class="tab-panel"><div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${tab}`}>
              {tab === "columns" && (
                <Table caption={t("data.tab_columns")} rows={x.columns} compact columns={[
                  { id: "name", head: t("name"), row: true, cell: (c) => <Mono>{c.name}</Mono>, order: (c) => c.name },
                  { id: "type", head: t("type"), cell: (c) => <Mono>{c.type}</Mono>, order: (c) => c.type },
                  { id: "required", head: t("data.required"), cell: (c) => (c.required ? t("yes") : "–"), order: (c) => (c.required ? 0 : 1) },
                  { id: "class", head: t("data.classification"), cell: (c) => <>{c.classification ? word("class", c.classification) : "–"} {c.masked && <Badge tone="info">{t("data.masked")}</Badge>}</>, order: (c) => c.classification },
                  { id: "unit", head: t("data.unit"), cell: (c) => c.unit || "–" },
                  { id: "description", head: t("description"), wide: true, cell: (c) => c.description },
                ]} />
              )}
              {tab === "sample" && <Sample path={path} />}
              {tab === "checks" && (x.check_results.length === 0 ? <p class="muted pad">{t("data.no_checks")}</p> : <GridTable caption={t("data.tab_checks")} grid={{ columns: Object.keys(x.check_results[0]!).map((k) => ({ name: word("field", k) })), rows: x.check_results.map((c) => Object.keys(x.check_results[0]!).map((k) => (k === "state" || k === "severity" ? word(k, String(c[k])) : c[k]))) }} />)}
              {tab === "history" && (
                <Table caption={t("data.tab_history")} rows={x.history} compact columns={[
                  { id: "version", head: t("version"), number: true, row: true, cell: (h) => h.version, order: (h) => h.version },
                  { id: "at", head: t("when"), cell: (h) => <When at={h.at} />, order: (h) => h.at },
                  { id: "operation", head: t("data.operation"), cell: (h) => <Mono>{h.operation}</Mono> },
                  { id: "rows", head: t("rows"), number: true, cell: (h) => (h.rows === null ? "–" : count(h.rows)) },
                  { id: "user", head: t("user"), cell: (h) => h.user },
                  { id: "run", head: t("run"), cell: (h) => (h.run ? <a href={nav.to("runs", undefined, h.run)}><Mono>{h.run.slice(0, 8)}</Mono></a> : "–") },
                ]} />
              )}
              {tab === "sql" && <pre class="code" tabindex={0}>{x.sql}</pre>}
            </div></Card>
          </div>
        )}
      </Load>
    </>
  );
}

function Sample({ path }: { path: string }) {
  const [limit, setLimit] = useState(20);
  const answer = useApi<Grid>(`${path}/sample?limit=${limit}`, true);
  return (
    <Load answer={answer}>
      {(g) => g.rows.length === 0 ? <p class="muted pad">{t("data.no_rows")}</p> : <><GridTable caption={t("data.tab_sample")} grid={g} />{g.rows.length >= limit && limit < 500 && <p class="row more"><Button onClick={() => setLimit(limit * 5)}>{t("lines.more")}</Button></p>}</>}
    </Load>
  );
}
