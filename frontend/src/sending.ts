/**
 * How a request is sent. A refusal (RFC 9457 problem+json) becomes a `Problem`; a server that cannot
 * be reached becomes a `Problem` of type `offline`. Unsafe methods carry the session's CSRF token.
 */
import { once, wordsOf } from "./keys";

/** A request that was refused or did not arrive. `type` is the short code of RFC 9457's `type`. */
export class Problem extends Error {
  constructor(
    readonly type: string,
    readonly title: string,
    readonly status: number,
    readonly detail: string = "",
    /** The extension members, e.g. `retry_after_s`, `reasons`. */
    readonly extra: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail || title);
    this.name = "Problem";
  }
}

interface CsrfTokens {
  person: string | null;
  device: string | null;
}
/** As whom a request is made. */
export type Caller = keyof CsrfTokens;

let csrfTokens: CsrfTokens = { person: null, device: null };

export function setCsrfTokens(tokens: CsrfTokens): void {
  csrfTokens = tokens;
}

async function problemOf(response: Response): Promise<Problem> {
  const type = response.headers.get("content-type") ?? "";
  if (!type.includes("json")) return new Problem("unexpected", response.statusText, response.status);
  const body = (await response.json()) as Record<string, unknown>;
  return new Problem(
    typeof body.type === "string" ? body.type : "unexpected",
    typeof body.title === "string" ? body.title : response.statusText,
    response.status,
    typeof body.detail === "string" ? body.detail : "",
    body,
  );
}

interface Sending {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  json?: unknown;
  body?: Blob | FormData;
  headers?: Record<string, string>;
  as?: Caller;
  signal?: AbortSignal;
  /** It makes something: sent again after an answer that was lost, it makes nothing twice. */
  isOnce?: boolean;
}

/** Whether a request that failed so may have had its effect all the same. */
function isInDoubt(error: unknown): boolean {
  return !(error instanceof Problem) || error.status === 0 || error.status >= 500 || error.type === "still-running";
}

/** Send a request and return the response, or throw a `Problem`. `path` begins with `/api`. */
export function send(path: string, options: Sending = {}): Promise<Response> {
  if (options.isOnce !== true) return attempt(path, options);
  return once(
    // The same step from another version is another wish: its opposite may lie between the two.
    [path, options.as ?? "person", options.headers?.["If-Match"] ?? "", wordsOf(options.body ?? options.json)].join("\n"),
    (key) => attempt(path, { ...options, headers: { ...options.headers, "Idempotency-Key": key } }),
    isInDoubt,
  );
}

async function attempt(path: string, options: Sending): Promise<Response> {
  const headers = new Headers({ Accept: "application/json", ...options.headers });
  if (options.json !== undefined) headers.set("Content-Type", "application/json");
  if ((options.method ?? "GET") !== "GET") {
    const caller = options.as ?? "person";
    const token = csrfTokens[caller] ?? csrfTokens.person ?? csrfTokens.device;
    if (token !== null) headers.set("X-CSRF-Token", token);
  }
  let response: Response;
  try {
    response = await fetch(path, {
      method: options.method ?? "GET",
      headers,
      body: options.json !== undefined ? JSON.stringify(options.json) : options.body,
      credentials: "same-origin",
      cache: "no-store",
      signal: options.signal,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem("offline", "offline", 0);
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}
