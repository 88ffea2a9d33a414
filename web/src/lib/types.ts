/** The shapes of the API's answers, as docs say them. Amounts and ratios are decimal strings. */
import type { Decimal } from "./money";

export type Right = "cost.read" | "sql" | "run" | "rollback" | "close" | "certify" | "admin";
export type Freshness = "OK" | "BREACH" | "UNKNOWN";

export interface Me {
  user: { id: string; name: string; locale: string };
  csrf: string;
  roles: Role[];
  tenants: { id: string; name: string; currency: string; role: string; layers: string[]; can: Right[] }[];
  /** May manage people, grants and the audit. */
  can_manage?: boolean;
  version: string;
  must_set_password: boolean;
}
export interface Role { role: string; tenant: string }
export interface Fresh { state: Freshness; hours_lag: number | null; sla_hours: number | null }

export interface Meta {
  tenant: { id: string; name: string; currency: string };
  release: number | null;
  released_at: string | null;
  periods: { period: string; state: "open" | "closed" }[];
  days: { first: string; last: string } | null;
  currencies: string[];
  measures: { id: string }[];
  dims: { id: string; kind: "column" | "tag" | "vtag"; values: number | null }[];
  fresh: Fresh;
  certificate: { period: string; number: number; holds: boolean } | null;
  tables: number;
  has: { allocation: boolean; commitments: boolean; kubernetes: boolean; rates: boolean };
}
export interface Span { from: string; to: string; spelled: string }
export interface Totals {
  release: number;
  period: Span;
  compare: Span | null;
  currency: string;
  measure: string;
  total: Decimal;
  before: Decimal | null;
  change: Decimal | null;
  change_ratio: Decimal | null;
}
export interface Overview extends Totals {
  series: { grain: "day" | "month"; buckets: string[]; values: Decimal[]; before: (Decimal | null)[] | null };
  movers: { dim: string; key: string | null; value: Decimal; before: Decimal | null; change: Decimal }[];
  top: { key: string | null; value: Decimal; share: Decimal | null }[];
  fresh: Fresh;
  certificate: { state: "holds" | "differs" | "none"; number?: number | null; period?: string | null; issued_at?: string | null };
  unallocated: { value: Decimal; share: Decimal | null } | null;
  runs: Run[];
}
export interface CostRow {
  key: (string | null)[];
  names: (string | null)[];
  value: Decimal;
  before: Decimal | null;
  change: Decimal | null;
  change_ratio: Decimal | null;
  share: Decimal | null;
}
export interface Cost extends Totals {
  by: string[];
  table: string;
  rows_total: number;
  truncated: boolean;
  rows: CostRow[];
  series: { grain: "day" | "month"; buckets: string[]; rows: { key: string | null; values: Decimal[] }[] };
}
export type Cell = (Decimal | number | null)[] | null;
export interface Pivot {
  release: number;
  period: Span;
  currency: string;
  rows: string[];
  columns: string[];
  values: { measure: string; agg: string }[];
  column_keys: (string | null)[][];
  tree: { key: (string | null)[]; depth: number; subtotal: boolean; cells: Cell[]; total: Cell }[];
  grand: { cells: Cell[]; total: Cell };
  truncated: boolean;
}
export interface Grid { columns: { name: string; type: string }[]; rows: unknown[][]; next?: string | null; truncated?: boolean }
export interface Explain {
  measure: string; where: string; table: string; total: Decimal; total_of_lines: Decimal; holds: boolean; differs?: string; rows: number;
  files: { file: string; amount: Decimal }[];
  lines: { file: string; row: number; amount: Decimal; raw: string | null }[];
  sql: string;
}
export interface Reconciliation {
  tenant: string; release: number; holds: boolean;
  lines: { period: string; currency: string; measure: string; category: string; from: string; to: string; from_amount: Decimal; to_amount: Decimal; difference: Decimal; holds: boolean; note: string }[];
}
export interface CertificateRow { certificate: number; period: string; state: string; reason: string; issued_at: string; issued_by: string; verdict: string; hash: string; seal: string }
export interface Certificate {
  number: number; period: string; issued_at: string; issued_by: string; reason: string; hash: string; seal: string; previous: string;
  evidence: { release: number; files: { path: string; source: string; rows: number; bytes: number; sha256: string; amounts: Record<string, Decimal> }[]; tables: { table: string; path: string; version: number; bytes: number; sha256: string }[] };
  statement: {
    state: string; program: string; tenant: string; holds: { focus: boolean; strict: boolean };
    sums: { currency: string; measure: string; issuer: string | null; invoice: string | null; categories: Record<string, Decimal>; stages: { stage: string; table: string; amount: Decimal; rows: number }[] }[];
    comparisons: { measure: string; currency: string; category: string; from: string; to: string; from_amount: Decimal; to_amount: Decimal; difference: Decimal; strict: boolean; focus: boolean }[];
    findings: unknown[]; invoices: unknown[];
  };
}
export interface Difference {
  from: { release: number; published_at: string; reason: string };
  to: { release: number; published_at: string; reason: string };
  table: string; measure: string; by: string[]; holds: boolean;
  totals: { currency: string; before: Decimal; after: Decimal; change: Decimal; causes: Record<string, Decimal> }[];
  groups: ({ currency: string; before: Decimal; after: Decimal; change: Decimal; causes: Record<string, Decimal> } & Record<string, unknown>)[];
  rows: { period: string; currency: string; added: number; removed: number; changed: number; added_amount: Decimal; removed_amount: Decimal; changed_amount: Decimal }[];
  moves: { table: string; period: string; causes: string[]; note: string }[];
  reasons: Record<string, string[]>;
}
export interface BillingPeriod { period: string; state: "open" | "closed"; closed_at: string | null; closed_by: string | null; note: string | null; pending: unknown[]; certificate?: number | null; invoices?: string; waits?: string }
export interface Commitments {
  rows: { CommitmentDiscountId: string; CommitmentDiscountName: string | null; CommitmentDiscountType: string | null; currency: string; committed: Decimal; used: Decimal; unused: Decimal; coverage: Decimal | null; utilisation: Decimal | null }[];
  total: { committed: Decimal; used: Decimal; unused: Decimal; coverage: Decimal | null; utilisation: Decimal | null } | null;
}
export interface TableRow { table: string; layer: string; description: string; rows: number | null; bytes: number; version: number; periods: number; checks: { failed: number; warned: number }; classification: string[] }
export interface TablePage extends Omit<TableRow, "checks"> {
  columns: { name: string; type: string; description: string; unit: string | null; required: boolean; classification: string | null; masked: boolean }[];
  grain: string[] | string; inputs: string[]; readers: string[];
  check_results: Record<string, unknown>[];
  history: { version: number; at: string; user: string; run: string | null; operation: string; rows: number | null }[];
  sql: string | null;
}
export interface Quality {
  score: Record<string, number | string | null>;
  checks: { table: string; check: string; severity: string; failed_rows: number; period: string; run: string; at: string | null; state: string }[];
  trend: { run: string; at: string; failed: number; warned: number; quarantined: number }[];
}
export interface Lineage { nodes: { name: string; kind: string; pack: string }[]; edges: { from: string; to: string }[] }
export interface Run { run: string; state: string; started: string; ended: string | null; seconds: number | null; user: string; tasks: Record<string, number> | number; rows: number | null; release: number | null; error: string | null }
export interface RunPage extends Omit<Run, "tasks"> {
  tasks: { table: string; period: string; state: string; reason: string; rows_in: number | null; rows_out: number | null; rows_quarantined: number | null; bytes_out: number | null; seconds: number | null; error: string | null }[];
  landings?: Record<string, unknown>[];
}
export interface Release { number: number; at: string; user: string; run: string; tables: number | unknown[] }
export interface TenantRow { id: string; name: string; currency: string; enabled: boolean; state: Freshness; sources: { name: string; kind: string; state: Freshness; hours_lag: number | null; sla_hours: number | null }[]; last_run: { state: string; started_at?: string; ended_at?: string; started?: string; ended?: string | null } | null; release: number | null }
export interface Job { id: string; kind: string; tenant: string; state: "running" | "done" | "failed" | "cancelled"; started: string; progress: { done: number; total: number; text: string } | null; result: unknown; problem: { title?: string; detail?: string; hint?: string } | string | null }
export interface User { id: string; name: string; roles: Role[]; disabled: boolean; has_password: boolean; last_seen: string | null }
export interface Token { id: string; name: string; user: string; scopes: string[]; tenant: string | null; created: string; expires: string | null; last_used: string | null; token?: string }
export interface Grant { kind: "role" | "unmask"; role?: string; tenant: string; table?: string; column?: string }
export interface Audit { entries: { number: number; at: string; user: string; action: string; tenant: string; object: string; outcome: string }[]; next: string | null; chain: { holds: boolean; entries: number } }
