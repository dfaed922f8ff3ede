/**
 * The API through its own description: paths, parameters, bodies and answers are typed by
 * `openapi.ts`, which `make api` writes from the server. New pages ask for everything here.
 *
 *     const { data } = await client.get("/api/jobs/{job_id}", { path: { job_id } });
 */
import type { paths } from "./openapi";
import { send, type Caller } from "./sending";

type Method = "get" | "post" | "put" | "patch" | "delete";
type PathsWith<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never;
}[keyof paths];
type Operation<P extends keyof paths, M extends Method> = paths[P] extends Record<M, infer O> ? O : never;

type Parameters<O> = O extends { parameters: infer P } ? P : object;
/** The parameters of a kind, required or not as they are; where there are none, none can be given. */
type PartOf<O, Kind extends "path" | "query"> = Kind extends keyof Parameters<O>
  ? Pick<Parameters<O>, Kind>
  : { [K in Kind]?: undefined };
type BodyOf<O> = O extends { requestBody: { content: { "application/json": infer B } } }
  ? { json: B }
  : O extends { requestBody: { content: { "multipart/form-data": unknown } } }
    ? { form: FormData }
    : O extends { requestBody: { content: { "application/pdf": unknown } } }
      ? { file: Blob }
      : { json?: undefined };

type Successful = 200 | 201 | 202;
type Json<R> = R extends { content: { "application/json": infer D } } ? D : undefined;
/** What an operation answers with when it succeeds; undefined: nothing (204). */
export type AnswerOf<O> = O extends { responses: infer R }
  ? { [S in keyof R]: S extends Successful ? Json<R[S]> : never }[keyof R]
  : never;

interface Common {
  /** As whom, in a browser that is a person's and a classroom's at once. */
  as?: Caller;
  /** The ETag of what is edited, as it was read. */
  ifMatch?: string;
  signal?: AbortSignal;
  /** Whether it is done once, however often it is sent after an answer that was lost; a post is. */
  isOnce?: boolean;
}
export type Asking<O> = PartOf<O, "path"> & PartOf<O, "query"> & BodyOf<O> & Common;
export interface Answer<D> {
  data: D;
  /** Which version was read or written; null: the thing has none. */
  etag: string | null;
}

type Query = Readonly<Record<string, unknown>>;
interface Loose extends Common {
  path?: Readonly<Record<string, unknown>>;
  query?: Query;
  json?: unknown;
  form?: FormData;
  file?: Blob;
}

/** The address of an operation: for requests, and for links to exports and files. */
export function urlOf(template: string, path: Loose["path"] = {}, query: Query = {}): string {
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    if (path[name] === undefined) throw new Error(`${template} without ${name}`);
    return encodeURIComponent(String(path[name]));
  });
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (one !== undefined && one !== null && one !== "") asked.append(name, String(one));
    }
  }
  const text = asked.toString();
  return text === "" ? filled : `${filled}?${text}`;
}

async function ask(method: Method, template: string, asking: Loose): Promise<Answer<unknown>> {
  const headers: Record<string, string> = {};
  if (asking.ifMatch !== undefined) headers["If-Match"] = asking.ifMatch;
  const response = await send(urlOf(template, asking.path, asking.query), {
    method: method.toUpperCase() as Uppercase<Method>,
    json: asking.json,
    body: asking.form ?? asking.file,
    as: asking.as,
    signal: asking.signal,
    headers,
    isOnce: asking.isOnce ?? method === "post",
  });
  const data: unknown = response.status === 204 ? undefined : await response.json();
  return { data, etag: response.headers.get("ETag") };
}

function asker<M extends Method>(method: M) {
  return <P extends PathsWith<M>>(
    path: P,
    ...[asking]: Record<string, never> extends Asking<Operation<P, M>>
      ? [asking?: Asking<Operation<P, M>>]
      : [asking: Asking<Operation<P, M>>]
  ): Promise<Answer<AnswerOf<Operation<P, M>>>> =>
    ask(method, path, (asking ?? {}) as Loose) as Promise<Answer<AnswerOf<Operation<P, M>>>>;
}

/** The server gives no more at once. */
const MOST_PER_PAGE = 200;

/** Which page of a list. */
export interface Paging {
  limit?: number;
  cursor?: string;
}
/** All pages of a list, one after another: for a choice that must leave nothing out. */
export async function everyPage<T>(
  ask: (paging: Paging) => Promise<{ items: T[]; next_cursor: string | null }>,
): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await ask({ cursor, limit: MOST_PER_PAGE });
    found.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}

/** What a list can be exported as. */
export type Format = "csv" | "xlsx";

/** The ETag of a thing by its version: an edit of an older one is refused (412). */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/** The address of something to be opened or saved: an export, a file. */
export function linkTo<P extends PathsWith<"get">>(
  path: P,
  asked: PartOf<Operation<P, "get">, "path"> & PartOf<Operation<P, "get">, "query">,
): string {
  const { path: named, query } = asked as Loose;
  return urlOf(path, named, query);
}

/** Return what an operation answered with, for whoever needs no version. */
export async function dataOf<D>(answer: Promise<Answer<D>>): Promise<D> {
  return (await answer).data;
}

export const client = {
  get: asker("get"),
  post: asker("post"),
  put: asker("put"),
  patch: asker("patch"),
  delete: asker("delete"),
};
