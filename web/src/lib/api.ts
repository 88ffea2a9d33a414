/** Calls to /api/v1. One cache by address: what was seen stays on screen while it is asked again. */

export interface Problem {
  status: number;
  title: string;
  detail: string;
  hint?: string | null;
  request_id?: string;
}

export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
  }
}

const root = new URL("api/v1/", document.baseURI).href;
let csrf = "";
let signedOut: () => void = () => {};

export function setCsrf(token: string): void {
  csrf = token;
}
export function onSignedOut(handler: () => void): void {
  signedOut = handler;
}
export function apiUrl(path: string): string {
  return root + path.replace(/^\//, "");
}

async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text();
  try {
    const body = JSON.parse(text) as Partial<Problem>;
    return { status: response.status, title: body.title ?? response.statusText, detail: body.detail ?? "", hint: body.hint, request_id: body.request_id };
  } catch {
    return { status: response.status, title: response.statusText || `HTTP ${response.status}`, detail: text.slice(0, 300) };
  }
}

export async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-CSRF-Token"] = csrf;
  let response: Response;
  try {
    response = await fetch(apiUrl(path), {
      method, headers, signal, credentials: "same-origin", body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (e) {
    if (signal?.aborted) throw e;
    throw new ApiError({ status: 0, title: "", detail: "" });
  }
  if (!response.ok) {
    const problem = await problemOf(response);
    if (response.status === 401 && path !== "/session" && path !== "/me/password") signedOut();
    throw new ApiError(problem);
  }
  if (method !== "GET") forget();
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

const seen = new Map<string, unknown>();
const limit = 200;

export function lastSeen(path: string): unknown {
  return seen.get(path);
}
export function remember(path: string, value: unknown): void {
  seen.delete(path);
  seen.set(path, value);
  if (seen.size > limit) seen.delete(seen.keys().next().value!);
}
/** After a write or another sign-in nothing old may be shown. */
export function forget(): void {
  seen.clear();
}
