import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import { count, t } from "../i18n";
import { compare, isDecimal } from "../lib/money";
import { Button } from "./basic";

export interface Column<R> {
  id: string;
  head: ComponentChildren;
  /** Right-aligned with its header, digits of one width. */
  number?: boolean;
  cell: (row: R, index: number) => ComponentChildren;
  /** What sorting looks at; without it the column does not sort here. */
  order?: (row: R) => string | number | null | undefined;
  wide?: boolean;
  /** The cell that names the row. */
  row?: boolean;
}

type Sort = { id: string; down: boolean } | undefined;

function ordered(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === null || a === undefined) return 1;
  if (b === null || b === undefined) return -1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (isDecimal(a) && isDecimal(b)) return compare(a, b);
  return String(a).localeCompare(String(b));
}

interface TableProps<R> {
  caption: string;
  columns: Column<R>[];
  rows: R[];
  /** Sorting done by the server: the present one, and how to ask for another. */
  sort?: Sort;
  onSort?: (sort: { id: string; down: boolean }) => void;
  /** Rows drawn at first; a button shows more. */
  first?: number;
  foot?: ComponentChildren;
  rowClass?: (row: R) => string | undefined;
  compact?: boolean;
  /** For the ear alone: nothing in it takes the focus. */
  unseen?: boolean;
}

export function Table<R>({ caption, columns, rows, sort, onSort, first = 200, foot, rowClass, compact, unseen }: TableProps<R>) {
  const [own, setOwn] = useState<Sort>();
  const [shown, setShown] = useState(first);
  const active = onSort ? sort : own;
  const sorted = useMemo(() => {
    const column = !onSort && own && columns.find((c) => c.id === own.id);
    if (!column || !column.order) return rows;
    const by = column.order;
    return [...rows].sort((a, b) => (own!.down ? -1 : 1) * ordered(by(a), by(b)));
  }, [rows, own, onSort === undefined]);
  const press = (c: Column<R>) => {
    const next = { id: c.id, down: active?.id === c.id ? !active.down : !!c.number };
    if (onSort) onSort(next);
    else setOwn(next);
  };
  return (
    <>
      <div {...(unseen ? {} : { class: "scroll", role: "region", "aria-label": caption, tabindex: 0 })}>
        <table class={compact ? "compact" : undefined}>
          <caption class="sr">{caption}</caption>
          <thead>
            <tr>
              {columns.map((c) => {
                const on = active?.id === c.id;
                return (
                  <th key={c.id} scope="col" class={c.number ? "number" : undefined} aria-sort={on ? (active!.down ? "descending" : "ascending") : undefined}>
                    {c.order && !unseen ? (
                      <button type="button" class="sort" onClick={() => press(c)}>{c.head}<span aria-hidden="true" class="arrow">{on ? (active!.down ? "↓" : "↑") : ""}</span></button>
                    ) : c.head}
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, shown).map((row, i) => (
              <tr key={i} class={rowClass?.(row)}>
                {columns.map((c) => c.row
                  ? <th key={c.id} scope="row" class={`${c.number ? "number" : ""} ${c.wide ? "wide" : ""}`}>{c.cell(row, i)}</th>
                  : <td key={c.id} class={`${c.number ? "number" : ""} ${c.wide ? "wide" : ""}`}>{c.cell(row, i)}</td>)}
              </tr>
            ))}
          </tbody>
          {foot && <tfoot>{foot}</tfoot>}
        </table>
      </div>
      {rows.length > shown && !unseen && <p class="row more"><Button onClick={() => setShown(shown + 500)}>{t("table.more", { n: rows.length - shown })}</Button><span class="muted">{count(rows.length)}</span></p>}
    </>
  );
}

/** Rows as the engine gave them, such as lines, a sample, an answer of the workbench. */
export function GridTable({ caption, grid, first }: { caption: string; grid: { columns: { name: string; type?: string }[]; rows: unknown[][] }; first?: number }) {
  const columns: Column<unknown[]>[] = grid.columns.map((c, i) => {
    const number = /^(DECIMAL|DOUBLE|FLOAT|HUGEINT|U?(BIG|SMALL|TINY)?INT)/i.test(c.type ?? "");
    return {
      id: `${i}`, head: <span title={c.type}>{c.name}</span>, number,
      order: (row) => (typeof row[i] === "object" ? JSON.stringify(row[i]) : (row[i] as string | number | null)),
      cell: (row) => {
        const v = row[i];
        if (v === null || v === undefined) return <span class="null">null</span>;
        const text = typeof v === "object" ? JSON.stringify(v) : String(v);
        if (number) return <span class="num" title={text}>{text.includes(".") ? text.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "") : text}</span>;
        // A whole day needs no time of day.
        const short = /^TIMESTAMP|^DATE/i.test(c.type ?? "") ? text.replace(/[T ]00:00:00(\.0+)?(Z|[+-]00(:?00)?)?$/, "") : text;
        if (short !== text) return <span title={text} class="num">{short}</span>;
        return text.length > 80 ? <span title={text}>{text.slice(0, 80)}…</span> : text;
      },
    };
  });
  return <Table caption={caption} columns={columns} rows={grid.rows} first={first} compact />;
}
