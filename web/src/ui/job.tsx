import { useEffect, useState } from "preact/hooks";
import { t, word } from "../i18n";
import { apiUrl, call, forget } from "../lib/api";
import type { Job } from "../lib/types";
import { Badge, Button, runTone } from "./basic";
import { Dialog } from "./dialog";

/** Follows a job by server-sent events; the browser resumes by itself after a lost connection. */
export function useJob(id: string | undefined, onDone?: (job: Job) => void): Job | undefined {
  const [job, setJob] = useState<Job>();
  useEffect(() => {
    setJob(undefined);
    if (!id) return;
    const path = `/jobs/${encodeURIComponent(id)}`;
    void call<Job>("GET", path).then((j) => setJob((old) => old ?? j), () => undefined);
    const source = new EventSource(apiUrl(path + "/events"));
    const take = (e: MessageEvent<string>) => {
      try {
        // A progress event is the progress alone; the last one may be the whole job.
        const next = JSON.parse(e.data) as Partial<Job> & NonNullable<Job["progress"]>;
        setJob((old) => ({ ...(old ?? { kind: "", tenant: "", state: "running", started: "", result: null, problem: null }), ...("state" in next ? next : { progress: next }), id } as Job));
        return next;
      } catch {
        return undefined;
      }
    };
    source.addEventListener("progress", (e) => void take(e as MessageEvent<string>));
    source.addEventListener("done", (e) => {
      take(e as MessageEvent<string>);
      source.close();
      forget();
      void call<Job>("GET", path).then((j) => { const end = j.state === "running" ? { ...j, state: "done" as const } : j; setJob(end); onDone?.(end); }, () => undefined);
    });
    return () => source.close();
  }, [id]);
  return job;
}

export function JobProgress({ job }: { job: Job }) {
  const p = job.progress;
  const problem = typeof job.problem === "string" ? job.problem : job.problem ? [job.problem.title, job.problem.detail, job.problem.hint].filter(Boolean).join(" · ") : "";
  return (
    <div class="stack" aria-live="polite">
      <p class="row"><Badge tone={runTone(job.state)}>{word("state", job.state)}</Badge>{p && p.total > 0 && <span class="muted">{p.done} / {p.total}</span>}<span class="muted grow clip">{p?.text}</span></p>
      <progress max={p && p.total > 0 ? p.total : 1} value={job.state === "done" ? (p && p.total > 0 ? p.total : 1) : (p?.done ?? 0)} aria-label={t("job.progress")} />
      {problem && <p class="problem">{problem}</p>}
    </div>
  );
}

export function JobDialog({ id, title, onClose, onDone, result }: { id: string | undefined; title: string; onClose: () => void; onDone?: (job: Job) => void; result?: (job: Job) => preact.ComponentChildren }) {
  const job = useJob(id, onDone);
  return (
    <Dialog open={id !== undefined} title={title} onClose={onClose} actions={<>
      {job?.state === "running" && <Button kind="danger" onClick={() => void call("DELETE", `/jobs/${encodeURIComponent(id!)}`).catch(() => undefined)}>{t("job.cancel")}</Button>}
      <Button onClick={onClose}>{job?.state === "running" ? t("job.leave") : t("close")}</Button>
    </>}>
      {job ? <JobProgress job={job} /> : <p class="muted">{t("loading")}</p>}
      {job && job.state === "done" && result?.(job)}
    </Dialog>
  );
}
