import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { followNetwork } from "../src/network";

class FakeConnection extends EventTarget {
  type: string | undefined = "wifi";
}

let connection: FakeConnection;
let changes: number;
let unfollow: () => void;

beforeEach(() => {
  connection = new FakeConnection();
  vi.stubGlobal("navigator", { connection });
  changes = 0;
  unfollow = followNetwork(() => changes++);
});

afterEach(() => {
  unfollow();
  vi.unstubAllGlobals();
});

it("tells when the computer is back on a network", () => {
  window.dispatchEvent(new Event("online"));
  expect(changes).toBe(1);
});

it("tells of another network, but not of a new estimate of the same", () => {
  connection.dispatchEvent(new Event("change"));
  expect(changes).toBe(0);
  connection.type = "cellular";
  connection.dispatchEvent(new Event("change"));
  connection.dispatchEvent(new Event("change"));
  expect(changes).toBe(1);
});

it("tells nothing any more once it is not wanted", () => {
  unfollow();
  window.dispatchEvent(new Event("online"));
  connection.type = "cellular";
  connection.dispatchEvent(new Event("change"));
  expect(changes).toBe(0);
});

it("does with browsers that say nothing of their networks", () => {
  unfollow();
  vi.stubGlobal("navigator", {});
  unfollow = followNetwork(() => changes++);
  window.dispatchEvent(new Event("online"));
  expect(changes).toBe(1);
});
