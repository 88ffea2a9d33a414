import type { Key } from "../i18n";
import type { App } from "./app-context";
import { can, isAdmin } from "./app-context";

/** What the navigation and the palette offer; what `when` refuses is shown nowhere. */
export interface PageInfo {
  id: string;
  name: Key;
  icon: string;
  group: Key | "";
  /** Pages of the whole lake have no tenant in their address. */
  lake?: boolean;
  keys?: string;
  when: (app: App) => boolean;
}

const hasBill = (app: App) => can(app, "cost.read") && (app.meta?.measures.length ?? 0) > 0 && (app.meta?.periods.length ?? 0) > 0;
const member = (app: App) => app.tenant !== undefined && app.meta !== undefined;

export const pages: PageInfo[] = [
  { id: "overview", name: "page.overview", icon: "overview", group: "", keys: "o", when: hasBill },
  { id: "cost", name: "page.cost", icon: "cost", group: "", keys: "c", when: hasBill },
  { id: "pivot", name: "page.pivot", icon: "pivot", group: "", keys: "p", when: hasBill },
  { id: "commitments", name: "page.commitments", icon: "commitments", group: "", when: (app) => hasBill(app) && !!app.meta?.has.commitments },
  { id: "allocation", name: "page.allocation", icon: "allocation", group: "", keys: "a", when: (app) => hasBill(app) && !!app.meta?.has.allocation },
  { id: "reconcile", name: "page.reconcile", icon: "reconcile", group: "nav.proof", when: (app) => member(app) && can(app, "cost.read") },
  { id: "certificates", name: "page.certificates", icon: "certificates", group: "nav.proof", when: hasBill },
  { id: "diff", name: "page.diff", icon: "diff", group: "nav.proof", when: hasBill },
  { id: "periods", name: "page.periods", icon: "periods", group: "nav.proof", when: hasBill },
  { id: "data", name: "page.data", icon: "data", group: "nav.data", keys: "d", when: member },
  { id: "quality", name: "page.quality", icon: "quality", group: "nav.data", keys: "q", when: member },
  { id: "lineage", name: "page.lineage", icon: "lineage", group: "nav.data", keys: "l", when: member },
  { id: "sql", name: "page.sql", icon: "sql", group: "nav.data", keys: "s", when: (app) => member(app) && can(app, "sql") },
  { id: "runs", name: "page.runs", icon: "runs", group: "nav.operations", keys: "r", when: member },
  { id: "releases", name: "page.releases", icon: "releases", group: "nav.operations", when: member },
  { id: "tenants", name: "page.tenants", icon: "tenants", group: "nav.operations", lake: true, keys: "t", when: () => true },
  { id: "people", name: "page.people", icon: "people", group: "nav.access", lake: true, when: (app) => isAdmin(app.me) },
  { id: "tokens", name: "page.tokens", icon: "tokens", group: "nav.access", lake: true, when: () => true },
  { id: "audit", name: "page.audit", icon: "audit", group: "nav.access", lake: true, when: (app) => isAdmin(app.me) },
];

export function allowedPages(app: App): PageInfo[] {
  return pages.filter((p) => p.when(app));
}
