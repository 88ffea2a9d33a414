import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import { call } from "../lib/api";
import { useApi, useWrite } from "../lib/hooks";
import type { Grid } from "../lib/types";
import { viewSearch } from "../lib/view";
import { useApp, useNav } from "../ui/app-context";
import { Button, Card, Empty, Load, PageHead, ProblemCard } from "../ui/basic";
import { ExplainDialog } from "../ui/explain";
import { FilterBar } from "../ui/filterbar";
import { GridTable } from "../ui/table";

export default function LinesPage() {
  const { view } = useApp();
  const nav = useNav();
  const search = viewSearch({ ...view, by: [], extra: {}, c: "prev", sort: "-value" });
  const path = nav.api("/lines" + search);
  const answer = useApi<Grid>(path + (search ? "&" : "?") + "limit=100");
  const [more, setMore] = useState<{ rows: unknown[][]; next: string | null }>();
  const [explaining, setExplaining] = useState(false);
  const write = useWrite();
  useEffect(() => setMore(undefined), [path]);
  const next = more ? more.next : answer.data?.next;
  return (
    <>
      <PageHead title={t("lines.title")} note={t("lines.note")}>
        <Button icon="help" onClick={() => setExplaining(true)}>{t("menu.explain")}</Button>
        <a class="button plain" href={nav.to("cost", { ...view, extra: {} })}>{t("lines.back")}</a>
      </PageHead>
      <FilterBar without={["compare"]} exports="/lines" />
      <Load answer={answer} lines={12}>
        {(grid) => grid.rows.length === 0 ? <Empty title={t("lines.empty")}>{view.filters.length > 0 && <Button kind="primary" onClick={() => nav.set({ ...view, filters: [] })}>{t("filter.clear")}</Button>}</Empty> : (
          <Card>
            <GridTable caption={t("lines.title")} grid={measureFirst({ columns: grid.columns, rows: [...grid.rows, ...(more?.rows ?? [])] }, view.m)} first={1000} />
            {next && <p class="row more"><Button disabled={write.busy} onClick={() => void write.run(async () => {
              const page = await call<Grid>("GET", `${path}${search ? "&" : "?"}limit=500&cursor=${encodeURIComponent(next)}`);
              setMore({ rows: [...(more?.rows ?? []), ...page.rows], next: page.next ?? null });
            })}>{t("lines.more")}</Button></p>}
            {write.problem && <ProblemCard problem={write.problem} />}
          </Card>
        )}
      </Load>
      {explaining && <ExplainDialog view={view} onClose={() => setExplaining(false)} />}
    </>
  );
}

/** The amount that is being looked at stands first. */
function measureFirst(grid: Grid, measure: string): Grid {
  const at = grid.columns.findIndex((c) => c.name === measure);
  if (at < 0) return grid;
  const move = <T,>(list: T[]): T[] => [list[at]!, ...list.filter((_, i) => i !== at)];
  return { columns: move(grid.columns), rows: grid.rows.map(move) };
}
