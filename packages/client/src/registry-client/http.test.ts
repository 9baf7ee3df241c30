// SPDX-License-Identifier: Apache-2.0
import { setTimeout as realPause } from "node:timers/promises";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { readBody, readChunks, sendRequest } from "./http.ts";

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

/** A server to which each chunk of a body takes 20 seconds, and the third one no end where `isStalled`. */
function slowServer(line: { isStalled: boolean; aborted: number }): typeof fetch {
  return async (_url, init = {}) => {
    const { body, signal } = init as { body: ReadableStream<Uint8Array>; signal: AbortSignal };
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        line.aborted += 1;
        reject(signal.reason);
      });
    });
    const reader = body.getReader();
    for (let read = 0; !(await reader.read()).done; read++) {
      if (line.isStalled && read === 2) await aborted;
      await new Promise((resolve) => setTimeout(resolve, 20 * SECOND));
    }
    return new Response(null, { status: 201 });
  };
}

function bodyOf(chunks: number): ReadableStream<Uint8Array> {
  let left = chunks;
  return new ReadableStream({
    pull(controller) {
      left -= 1;
      if (left >= 0) controller.enqueue(new Uint8Array(1000));
      else controller.close();
    },
  });
}

it("an upload is waited for as long as it moves, and made again where it stalls", async () => {
  const line = { isStalled: false, aborted: 0 };
  vi.stubGlobal("fetch", slowServer(line));
  const url = new URL("https://lora.example/api/v1/uploads/sha256/x");
  const upload = () =>
    sendRequest({ url, method: "PUT", body: () => bodyOf(10) }).then(
      ({ status }) => status,
      (error: unknown) => error,
    );
  const slow = upload();
  await vi.advanceTimersByTimeAsync(250 * SECOND);
  expect(await Promise.race([slow, "still waiting"])).toBe(201);

  line.isStalled = true;
  const again = upload();
  await vi.advanceTimersByTimeAsync(60 * SECOND);
  expect(line.aborted).toBe(0);
  line.isStalled = false;
  let status: unknown;
  void again.then((answer) => {
    status = answer;
  });
  // The pause between two attempts is a real one.
  for (; status === undefined; await realPause(50)) await vi.advanceTimersByTimeAsync(20 * SECOND);
  expect([status, line.aborted]).toEqual([201, 1]);
  vi.unstubAllGlobals();
});
