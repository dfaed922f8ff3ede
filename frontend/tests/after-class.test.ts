import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Problem } from "@/api";
import { onceClosed } from "@/views/classroom/after-class";

const EARLY = new Problem("not-to-confirm", "There is nothing to confirm", 409);

describe("a word said right after the lesson", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is said again until the row is closed", async () => {
    const say = vi.fn().mockRejectedValueOnce(EARLY).mockRejectedValueOnce(EARLY).mockResolvedValue({});
    const said = onceClosed(say);
    await vi.runAllTimersAsync();
    await said;
    expect(say).toHaveBeenCalledTimes(3);
  });

  it("is refused when the row never takes it", async () => {
    const say = vi.fn().mockRejectedValue(EARLY);
    const said = expect(onceClosed(say)).rejects.toBe(EARLY);
    await vi.runAllTimersAsync();
    await said;
    expect(say.mock.calls.length).toBeGreaterThan(2);
  });

  it("is not said again when the line or the server refuses it", async () => {
    const gone = new Problem("network", "", 0);
    const say = vi.fn().mockRejectedValue(gone);
    await expect(onceClosed(say)).rejects.toBe(gone);
    expect(say).toHaveBeenCalledTimes(1);
  });
});
