import { afterEach, describe, expect, it, vi } from "vitest";
import { Problem, setCsrfTokens } from "../src/api";
import { client, dataOf, etagOf, everyPage, linkTo, urlOf, type Paging } from "../src/client";

afterEach(() => vi.unstubAllGlobals());

function answers(body: unknown, init: ResponseInit = {}): { asked: Request[] } {
  const asked: Request[] = [];
  vi.stubGlobal("fetch", async (path: string, options: RequestInit) => {
    asked.push(new Request(`http://classrooms.test${path}`, options));
    return new Response(body === undefined ? null : JSON.stringify(body), {
      headers: { "content-type": "application/json", ETag: '"3"' },
      ...init,
    });
  });
  return { asked };
}

const id = "0190a000-0000-7000-8000-000000000001";

describe("the typed client", () => {
  it("reads every page of a list, in order, and asks for each once", async () => {
    const pages = [
      { items: [1, 2], next_cursor: "a" },
      { items: [], next_cursor: "b" },
      { items: [3], next_cursor: null },
    ];
    const asked: Paging[] = [];
    const found = await everyPage((paging) => {
      asked.push(paging);
      return Promise.resolve(pages[asked.length - 1] ?? { items: [], next_cursor: null });
    });
    expect(found).toEqual([1, 2, 3]);
    expect(asked.map(({ cursor }) => cursor)).toEqual([undefined, "a", "b"]);
    await expect(everyPage(() => Promise.reject(new Error("gone")))).rejects.toThrow("gone");
  });

  it("fills the path, repeats lists in the query, leaves out what is not asked", () => {
    expect(urlOf("/api/jobs/{job_id}/file", { job_id: "a/b ?" })).toBe("/api/jobs/a%2Fb%20%3F/file");
    expect(urlOf("/api/jobs", {}, { state: ["DEAD", "FAILED"], kind: undefined, cursor: "" })).toBe(
      "/api/jobs?state=DEAD&state=FAILED",
    );
    expect(() => urlOf("/api/jobs/{job_id}")).toThrow("job_id");
  });

  it("gives what was answered, and its version", async () => {
    const { asked } = answers({ id, state: "DONE" });
    const { data, etag } = await client.get("/api/jobs/{job_id}", { path: { job_id: id } });
    expect(data.state).toBe("DONE");
    expect(etag).toBe('"3"');
    expect(asked[0]?.url).toBe(`http://classrooms.test/api/jobs/${id}`);
  });

  it("names the version of an edit, with the caller's token", async () => {
    setCsrfTokens({ person: "token-of-person", device: "token-of-device" });
    const { asked } = answers({ id });
    await client.post("/api/jobs/{job_id}/cancel", { path: { job_id: id }, ifMatch: '"2"' });
    const headers = asked[0]?.headers;
    expect(headers?.get("If-Match")).toBe('"2"');
    expect(headers?.get("X-CSRF-Token")).toBe("token-of-person");
  });

  it("sends a file as it is, under its name", async () => {
    const { asked } = answers({ name: "a b.pdf" }, { status: 201 });
    const file = new File(["%PDF-"], "a b.pdf", { type: "application/pdf" });
    const path = { alliance_id: id };
    const sent = client.post("/api/alliances/{alliance_id}/agreement", { path, query: { name: file.name }, file });
    expect((await dataOf(sent)).name).toBe("a b.pdf");
    expect(asked[0]?.url).toBe(`http://classrooms.test/api/alliances/${id}/agreement?name=a+b.pdf`);
    expect(asked[0]?.headers.get("Content-Type")).toBe("application/pdf");
    expect(await asked[0]?.text()).toBe("%PDF-");
  });

  it("gives the address of what is saved, and the tag of a version", () => {
    expect(linkTo("/api/pairings/{pairing_id}/agreement/file", { path: { pairing_id: id } })).toBe(
      `/api/pairings/${id}/agreement/file`,
    );
    expect(linkTo("/api/needs/export", { query: { format: "xlsx" } })).toBe("/api/needs/export?format=xlsx");
    expect(etagOf(3)).toBe('"3"');
  });

  it("has nothing to give where there is nothing", async () => {
    answers(undefined, { status: 204 });
    expect((await client.post("/api/sign-out")).data).toBeUndefined();
  });

  it("lets nobody ask for what is not described", async () => {
    answers({ id });
    // @ts-expect-error - the operation takes no query
    await client.get("/api/jobs/{job_id}", { path: { job_id: id }, query: { since: "x" } });
    // @ts-expect-error - nor has it a parameter of this name
    await client.get("/api/jobs", { query: { since: "x" } });
    // @ts-expect-error - and the path is needed
    await expect(client.get("/api/jobs/{job_id}")).rejects.toThrow("job_id");
  });

  it("throws the problem the server answers with", async () => {
    answers({ type: "changed-meanwhile", title: "x", status: 412, detail: "d" }, { status: 412 });
    const refused = client.get("/api/jobs");
    await expect(refused).rejects.toBeInstanceOf(Problem);
    await expect(refused).rejects.toMatchObject({ type: "changed-meanwhile", status: 412 });
  });
});

describe("what is asked to be made", () => {
  const retry = () => client.post("/api/jobs/{job_id}/retry", { path: { job_id: id } });
  const keysOf = (asked: Request[]) => asked.map((each) => each.headers.get("Idempotency-Key"));
  const loses = (asked: Request[]): void => {
    vi.stubGlobal("fetch", async (path: string, options: RequestInit) => {
      asked.push(new Request(`http://classrooms.test${path}`, options));
      throw new TypeError("the line is cut");
    });
  };

  it("has a key of its own each time it is answered", async () => {
    const { asked } = answers({ id });
    await retry();
    await retry();
    const [first, second] = keysOf(asked);
    expect(first).toMatch(/^[0-9a-z]{8,80}$/);
    expect(second).toMatch(/^[0-9a-z]{8,80}$/);
    expect(second).not.toBe(first);
  });

  it("keeps its key while its answer is lost, and until it has one", async () => {
    const lost: Request[] = [];
    loses(lost);
    await expect(retry()).rejects.toMatchObject({ type: "offline" });
    await expect(retry()).rejects.toMatchObject({ type: "offline" });
    const busy = answers({ type: "still-running", title: "x", status: 409, detail: "" }, { status: 409 });
    await expect(retry()).rejects.toMatchObject({ type: "still-running" });
    const failed = answers({ type: "unavailable", title: "x", status: 503, detail: "" }, { status: 503 });
    await expect(retry()).rejects.toMatchObject({ status: 503 });
    const { asked } = answers({ id });
    await retry();
    expect(new Set(keysOf([...lost, ...busy.asked, ...failed.asked, ...asked])).size).toBe(1);
    await retry();
    expect(keysOf(asked)[1]).not.toBe(keysOf(asked)[0]);
  });

  it("has another key once it was refused, for then nothing came of it", async () => {
    const { asked } = answers({ type: "wrong-state", title: "x", status: 409, detail: "" }, { status: 409 });
    await expect(retry()).rejects.toBeInstanceOf(Problem);
    await expect(retry()).rejects.toBeInstanceOf(Problem);
    expect(new Set(keysOf(asked)).size).toBe(2);
  });

  it("has other keys for other words, other files and other callers", async () => {
    const lost: Request[] = [];
    loses(lost);
    const table = (name: string, lastModified: number) => new File(["a,b"], name, { lastModified });
    const start = (file: File) => {
      const form = new FormData();
      form.append("file", file);
      return client.post("/api/imports/{kind}", { path: { kind: "schools" }, query: {}, form });
    };
    await expect(start(table("a.csv", 1))).rejects.toBeInstanceOf(Problem);
    await expect(start(table("a.csv", 1))).rejects.toBeInstanceOf(Problem);
    await expect(start(table("b.csv", 1))).rejects.toBeInstanceOf(Problem);
    await expect(start(table("a.csv", 2))).rejects.toBeInstanceOf(Problem);
    const [first, again, ...others] = keysOf(lost);
    expect(again).toBe(first);
    expect(new Set([first, ...others]).size).toBe(3);
  });

  it("is another wish when the same step is taken from another version", async () => {
    const lost: Request[] = [];
    loses(lost);
    const suspend = (version: number) =>
      client.post("/api/pairings/{pairing_id}/moves", {
        path: { pairing_id: id },
        json: { to: "SUSPENDED", school_id: null, reason: "" },
        ifMatch: etagOf(version),
      });
    await expect(suspend(4)).rejects.toBeInstanceOf(Problem);
    await expect(suspend(4)).rejects.toBeInstanceOf(Problem);
    await expect(suspend(6)).rejects.toBeInstanceOf(Problem); // resumed in between
    const [first, again, later] = keysOf(lost);
    expect(again).toBe(first);
    expect(later).not.toBe(first);
  });

  it("is another wish when the same words come much later", async () => {
    vi.useFakeTimers();
    const lost: Request[] = [];
    loses(lost);
    await expect(retry()).rejects.toBeInstanceOf(Problem);
    vi.advanceTimersByTime(10 * 60_000);
    await expect(retry()).rejects.toBeInstanceOf(Problem);
    vi.useRealTimers();
    expect(new Set(keysOf(lost)).size).toBe(2);
  });

  it("is only what is posted: what is read has no key", async () => {
    const { asked } = answers({ id });
    await client.get("/api/jobs/{job_id}", { path: { job_id: id } });
    expect(keysOf(asked)).toEqual([null]);
  });
});
