import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, call, lastSeen, remember, type Problem } from "./api";

export interface Answer<T> {
  data: T | undefined;
  problem: Problem | undefined;
  loading: boolean;
  /** Still loading after five seconds. */
  slow: boolean;
  reload: () => void;
  cancel: () => void;
}

/** Asks `path` (null asks nothing). What was seen at this address is shown at once and refreshed. `keep` shows the
 * last answer of another address while the new one loads; it must not be used across tenants. */
export function useApi<T>(path: string | null, keep = false): Answer<T> {
  const [state, set] = useState<{ path: string | null; data?: T; problem?: Problem; loading: boolean; slow: boolean }>({
    path: null, loading: path !== null, slow: false,
  });
  const [turn, setTurn] = useState(0);
  const abort = useRef<AbortController>(undefined);

  useEffect(() => {
    if (path === null) return set({ path, loading: false, slow: false });
    const control = new AbortController();
    abort.current = control;
    const known = lastSeen(path) as T | undefined;
    set((old) => ({ path, data: known ?? (keep ? old.data : undefined), loading: true, slow: false }));
    const slow = setTimeout(() => set((old) => (old.path === path && old.loading ? { ...old, slow: true } : old)), 5000);
    call<T>("GET", path, undefined, control.signal).then(
      (data) => {
        if (control.signal.aborted) return;
        remember(path, data);
        set({ path, data, loading: false, slow: false });
      },
      (error: unknown) => {
        if (control.signal.aborted) return;
        const problem = error instanceof ApiError ? error.problem : { status: -1, title: "", detail: String(error) };
        set({ path, problem, loading: false, slow: false });
      },
    ).finally(() => clearTimeout(slow));
    return () => {
      clearTimeout(slow);
      control.abort();
    };
  }, [path, turn]);

  const reload = useCallback(() => setTurn((n) => n + 1), []);
  const cancel = useCallback(() => {
    abort.current?.abort();
    set((old) => ({ ...old, loading: false, slow: false, problem: { status: -2, title: "", detail: "" } }));
  }, []);
  // The first render after the address changed still holds the old answer: say so instead of showing it.
  const current = state.path === path;
  return {
    data: current || keep ? state.data : (path !== null ? (lastSeen(path) as T | undefined) : undefined),
    problem: current ? state.problem : undefined,
    loading: current ? state.loading : path !== null,
    slow: current && state.slow, reload, cancel,
  };
}

/** Runs a write; says whether one is under way and what went wrong. */
export function useWrite(): { busy: boolean; problem: Problem | undefined; run: <T>(work: () => Promise<T>) => Promise<T | undefined>; clear: () => void } {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const run = useCallback(async <T,>(work: () => Promise<T>): Promise<T | undefined> => {
    setBusy(true);
    setProblem(undefined);
    try {
      return await work();
    } catch (error) {
      setProblem(error instanceof ApiError ? error.problem : { status: -1, title: "", detail: String(error) });
      return undefined;
    } finally {
      setBusy(false);
    }
  }, []);
  return { busy, problem, run, clear: () => setProblem(undefined) };
}

export function useHotkey(match: (event: KeyboardEvent) => boolean, act: () => void): void {
  const latest = useRef({ match, act });
  latest.current = { match, act };
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement | null;
      const typing = target?.matches?.("input, textarea, select, [contenteditable]");
      if (typing && !(event.ctrlKey || event.metaKey)) return;
      if (latest.current.match(event)) {
        event.preventDefault();
        latest.current.act();
      }
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}
