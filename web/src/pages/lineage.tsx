import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { t, word } from "../i18n";
import { useApi } from "../lib/hooks";
import type { Lineage } from "../lib/types";
import { useApp, useNav } from "../ui/app-context";
import { Button, Card, Empty, Load, Mono, PageHead, Select, Skeleton } from "../ui/basic";
import { Table } from "../ui/table";

interface Placed { name: string; kind: string; x: number; y: number; w: number }
interface Drawing { nodes: Placed[]; edges: { from: string; to: string; d: string }[]; width: number; height: number }

async function place(lineage: Lineage): Promise<Drawing> {
  const dagre = await import("@dagrejs/dagre");
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 10, ranksep: 46, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const n of lineage.nodes) graph.setNode(n.name, { width: Math.max(120, n.name.length * 7.2 + 24), height: 30 });
  for (const e of lineage.edges) if (graph.hasNode(e.from) && graph.hasNode(e.to)) graph.setEdge(e.from, e.to);
  dagre.layout(graph);
  const size = graph.graph() as { width?: number; height?: number };
  return {
    width: size.width ?? 100, height: size.height ?? 100,
    nodes: lineage.nodes.map((n) => { const p = graph.node(n.name) as { x: number; y: number; width: number }; return { name: n.name, kind: n.kind, x: p.x, y: p.y, w: p.width }; }),
    edges: graph.edges().map((e) => {
      const points = (graph.edge(e) as unknown as { points: { x: number; y: number }[] }).points;
      const [first, ...rest] = points;
      let d = `M${first!.x.toFixed(1)} ${first!.y.toFixed(1)}`;
      for (let i = 0; i < rest.length - 1; i++) {
        const a = rest[i]!;
        const b = rest[i + 1]!;
        d += ` Q${a.x.toFixed(1)} ${a.y.toFixed(1)} ${((a.x + b.x) / 2).toFixed(1)} ${((a.y + b.y) / 2).toFixed(1)}`;
      }
      const end = rest[rest.length - 1]!;
      return { from: e.v, to: e.w, d: `${d} L${end.x.toFixed(1)} ${end.y.toFixed(1)}` };
    }),
  };
}

function reach(start: string, edges: { from: string; to: string }[], forward: boolean): Set<string> {
  const seen = new Set([start]);
  const todo = [start];
  while (todo.length) {
    const at = todo.pop()!;
    for (const e of edges) {
      const [a, b] = forward ? [e.from, e.to] : [e.to, e.from];
      if (a === at && !seen.has(b)) {
        seen.add(b);
        todo.push(b);
      }
    }
  }
  return seen;
}

export default function LineagePage() {
  const { view } = useApp();
  const nav = useNav();
  const selected = view.extra["sel"] ?? "";
  const answer = useApi<Lineage>(nav.api("/lineage"));
  const select = (sel: string) => nav.set({ ...view, extra: sel ? { sel } : {} });
  return (
    <>
      <PageHead title={t("page.lineage")} note={t("lineage.note")} />
      <div class="filterbar">
        <Select label={t("table")} value={selected} options={[{ id: "", text: t("lineage.everything") }, ...(answer.data?.nodes ?? []).map((n) => ({ id: n.name, text: n.name })).sort((a, b) => a.text.localeCompare(b.text))]} onChange={select} />
        {selected && <Button kind="quiet" onClick={() => select("")}>{t("lineage.clear")}</Button>}
      </div>
      <Load answer={answer} lines={12}>{(lineage) => (lineage.nodes.length > 0 ? <Graph lineage={lineage} selected={selected} onSelect={select} /> : <Empty title={t("lineage.empty")} />)}</Load>
    </>
  );
}

function Graph({ lineage, selected, onSelect }: { lineage: Lineage; selected: string; onSelect: (name: string) => void }) {
  const nav = useNav();
  const [drawing, setDrawing] = useState<Drawing>();
  const [zoom, setZoom] = useState<number>();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let gone = false;
    void place(lineage).then((d) => !gone && setDrawing(d));
    return () => { gone = true; };
  }, [lineage]);
  const isNode = lineage.nodes.some((n) => n.name === selected);
  const up = useMemo(() => (isNode ? reach(selected, lineage.edges, false) : undefined), [selected, lineage]);
  const down = useMemo(() => (isNode ? reach(selected, lineage.edges, true) : undefined), [selected, lineage]);
  const lit = (name: string) => !up || up.has(name) || down!.has(name);
  const fit = drawing && box.current ? Math.min(1, (box.current.clientWidth - 4) / drawing.width) : 1;
  const scale = zoom ?? Math.max(0.55, fit);
  return (
    <div class="stack">
      <Card title={t("lineage.graph")} actions={<><Button kind="quiet" icon="minus" aria-label={t("lineage.smaller")} onClick={() => setZoom(Math.max(0.2, scale / 1.25))} /><Button kind="quiet" onClick={() => setZoom(fit)}>{t("lineage.fit")}</Button><Button kind="quiet" icon="plus" aria-label={t("lineage.larger")} onClick={() => setZoom(Math.min(2.5, scale * 1.25))} /></>}>
        <div ref={box} class="scroll graph" role="region" aria-label={t("lineage.graph")} tabindex={0}>
          {!drawing ? <Skeleton lines={8} /> : (
            <svg viewBox={`0 0 ${drawing.width} ${drawing.height}`} width={drawing.width * scale} height={drawing.height * scale} role="group" aria-label={t("lineage.graph")}>
              <g>{drawing.edges.map((e, i) => <path key={i} class={`edge ${up && (up.has(e.from) && up.has(e.to) || down!.has(e.from) && down!.has(e.to)) ? "lit" : up ? "dim" : ""}`} d={e.d} />)}</g>
              {drawing.nodes.map((n) => (
                <g key={n.name} class={`node ${n.kind} ${n.name === selected ? "selected" : ""} ${lit(n.name) ? "" : "dim"}`} role="button" tabindex={0} aria-pressed={n.name === selected} aria-label={n.name} onClick={() => onSelect(n.name === selected ? "" : n.name)} onKeyDown={(e) => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); onSelect(n.name === selected ? "" : n.name); } }}>
                  <rect x={n.x - n.w / 2} y={n.y - 15} width={n.w} height={30} rx={6} />
                  <text x={n.x} y={n.y + 4} text-anchor="middle">{n.name}</text>
                </g>
              ))}
            </svg>
          )}
        </div>
      </Card>
      <Card title={selected && up ? t("lineage.around", { name: selected }) : t("lineage.list")}>
        <Table caption={t("lineage.list")} rows={lineage.nodes.filter((n) => lit(n.name))} compact columns={[
          { id: "name", head: t("name"), row: true, cell: (n) => (n.name.includes(".") && !n.name.startsWith("source ") ? <a href={nav.to("data", undefined, n.name)}><Mono>{n.name}</Mono></a> : <Mono>{n.name}</Mono>), order: (n) => n.name },
          { id: "kind", head: t("layer"), cell: (n) => word("layer", n.kind), order: (n) => n.kind },
          { id: "pack", head: t("lineage.pack"), cell: (n) => n.pack, order: (n) => n.pack },
          { id: "from", head: t("lineage.made_from"), wide: true, cell: (n) => lineage.edges.filter((e) => e.to === n.name).map((e) => e.from).join(", ") || "–" },
          { id: "to", head: t("lineage.read_by"), wide: true, cell: (n) => lineage.edges.filter((e) => e.from === n.name).map((e) => e.to).join(", ") || "–" },
          ...(up ? [{ id: "dir", head: t("lineage.direction"), cell: (n: Lineage["nodes"][0]) => (n.name === selected ? "" : up.has(n.name) ? t("lineage.up") : t("lineage.down")) }] : []),
        ]} />
      </Card>
    </div>
  );
}
