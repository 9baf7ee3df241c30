// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { readBody, readChunks } from "./http.ts";

const SECOND = 1000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A byte every ten seconds: never a stall, never an end. */
function drip(): Response {
  let timer: NodeJS.Timeout;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) =>
      new Promise((resolve) => {
        timer = setTimeout(() => {
          controller.enqueue(Uint8Array.of(32));
          resolve();
        }, 10 * SECOND);
      }),
    cancel: () => clearTimeout(timer),
  });
  return Object.defineProperty(new Response(body), "url", { value: "https://lora.example/registry.json" });
}

it("a document that drips is given up, however few bytes it may have", async () => {
  const outcome = readBody(drip(), 64 * 1024).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(60 * SECOND);
  expect(await Promise.race([outcome, "still waiting"])).toMatchObject({
    code: "REGISTRY_UNREACHABLE",
    message: expect.stringContaining("too slowly"),
  });
});

it("a larger one is waited for longer", async () => {
  const outcome = readBody(drip(), 16 * 1024 * 1024).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(500 * SECOND);
  expect(await Promise.race([outcome, "still waiting"])).toBe("still waiting");
  await vi.advanceTimersByTimeAsync(60 * SECOND);
  expect(await Promise.race([outcome, "still waiting"])).toMatchObject({ code: "REGISTRY_UNREACHABLE" });
});

it("a blob is read for as long as it comes", async () => {
  const chunks = readChunks(drip());
  for (let read = 0; read < 100; read++) {
    const next = chunks.next();
    await vi.advanceTimersByTimeAsync(10 * SECOND);
    expect(await next).toMatchObject({ done: false });
  }
});
