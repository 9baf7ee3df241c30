// SPDX-License-Identifier: Apache-2.0
/** What the gateway's clients meet: OpenAI's own, one that leaves, a web page, and somebody who mistypes. */

import { copyFile, mkdir, truncate, writeFile } from "node:fs/promises";
import { request } from "node:http";
import OpenAI, { NotFoundError } from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHAT_TEMPLATE, type ServeProcess, startServe } from "../support/gateway.ts";
import { llamaServerSuite } from "../support/llama.ts";
import { createProject, createWorkplace, mustRun, publishAbility } from "../support/publishing.ts";
import { basePath, promptOf } from "../support/tiny-say.ts";

/** A busy machine takes seconds for what is otherwise done at once. */
const PATIENT = { timeout: 30_000, interval: 50 };

const GREEDY = { temperature: 0, max_tokens: 32, stop: "\n" };
/** An answer that would not end by itself for a long time. */
const ENDLESS = { temperature: 0, max_tokens: 1_000_000, ignore_eos: true };
const HELLO = promptOf("hello");
/** The template adds the newline. */
const HELLO_MESSAGE = { role: "user" as const, content: HELLO.trimEnd() };

describe.skipIf(llamaServerSuite.skipped)(`lora serve, ${llamaServerSuite.name}`, () => {
  let workplace: Awaited<ReturnType<typeof createWorkplace>>;
  let gateway: ServeProcess;
  let openai: OpenAI;
  const project = "project";

  beforeAll(async () => {
    workplace = await createWorkplace();
    const { sandbox } = workplace;
    for (const ability of ["upper", "shout"] as const)
      await publishAbility(sandbox, { name: `@demo/${ability}`, ability });
    await createProject(sandbox, project);
    await mustRun(sandbox, ["install", "@demo/upper", "@demo/shout"], project);
    const llamaArgs = ["--", ...CHAT_TEMPLATE, "--context-shift"];
    gateway = await startServe(sandbox, project, llamaArgs, { LORA_SERVE_API_KEY: "sesame" });
    openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "sesame", maxRetries: 0 });
  });
  afterAll(async () => {
    await gateway?.stop();
    await workplace[Symbol.asyncDispose]();
  });

  const plain = (path: string, init: RequestInit = {}) =>
    fetch(gateway.url + path, { ...init, headers: { authorization: "Bearer sesame", ...init.headers } });
  const slotsAtWork = async () => {
    const slots = (await (await plain("/slots")).json()) as { is_processing: boolean }[];
    return slots.filter((slot) => slot.is_processing).length;
  };

  const activeRequests = async () => {
    const status = (await (await plain("/lora/status")).json()) as { server: { activeRequests: number } };
    return status.server.activeRequests;
  };

  describe("OpenAI's client", () => {
    it("lists the models and asks for one", async () => {
      const names: string[] = [];
      for await (const { id } of openai.models.list()) names.push(id);
      expect(names).toEqual(["default", "base", "@demo/shout", "@demo/upper", "@demo/shout+@demo/upper"]);
      expect(await openai.models.retrieve("@demo/upper:0.5")).toMatchObject({ id: "@demo/upper:0.5" });
      await expect(openai.models.retrieve("gpt-4o")).rejects.toThrow(NotFoundError);
    });

    it.each([
      ["base", "hello"],
      ["@demo/upper", "HELLO"],
      ["@demo/upper+@demo/shout", "HELLO!!!"],
      ["default", "HELLO!!!"],
    ])("completes, chats and streams with %s", async (model, expected) => {
      const completion = await openai.completions.create({ model, prompt: HELLO, ...GREEDY });
      expect([completion.model, completion.choices[0]?.text]).toEqual([model, expected]);
      const chat = await openai.chat.completions.create({ model, messages: [HELLO_MESSAGE], ...GREEDY });
      expect([chat.model, chat.choices[0]?.message.content]).toEqual([model, expected]);
      const stream = await openai.chat.completions.create({
        model,
        messages: [HELLO_MESSAGE],
        ...GREEDY,
        stream: true,
      });
      const pieces: string[] = [];
      for await (const { choices, model: said } of stream) {
        expect(said).toBe(model);
        pieces.push(choices[0]?.delta.content ?? "");
      }
      expect(pieces.join("")).toBe(expected);
      expect(pieces.length).toBeGreaterThan(3);
    });

    it("asks by the newer API too", async () => {
      const asked = {
        model: "@demo/upper",
        input: HELLO_MESSAGE.content,
        max_output_tokens: 5,
        temperature: 0,
      };
      expect((await openai.responses.create(asked)).output_text).toBe("HELLO");
      let streamed = "";
      for await (const event of await openai.responses.create({ ...asked, stream: true }))
        if (event.type === "response.output_text.delta") streamed += event.delta;
      expect(streamed).toBe("HELLO");
    });

    it("takes an embedding", async () => {
      const { data } = await openai.embeddings.create({
        model: "@demo/upper",
        input: ["hello", "fox"],
        encoding_format: "float",
      });
      expect(data.map(({ embedding }) => embedding.length)).toEqual([64, 64]);
    });

    it("learns which models there are when it names another", async () => {
      const asking = openai.completions.create({ model: "gpt-4o", prompt: HELLO });
      await expect(asking).rejects.toMatchObject({
        status: 404,
        code: "model_not_found",
        param: "model",
        message: expect.stringContaining("default, base, @demo/shout, @demo/upper"),
      });
    });

    it("ends the computing when it cancels a stream", async () => {
      const stream = await openai.completions.create({
        model: "@demo/upper",
        prompt: HELLO,
        ...ENDLESS,
        stream: true,
      });
      let events = 0;
      for await (const _ of stream) {
        events += 1;
        if (events === 5) expect(await slotsAtWork()).toBe(1);
        if (events === 20) break;
      }
      await expect.poll(slotsAtWork, PATIENT).toBe(0);
      expect(await activeRequests()).toBe(0);
    });

    it("holds nothing of an answer that is not streamed and that it gave up", async () => {
      const controller = new AbortController();
      const asking = openai.completions.create(
        { model: "base", prompt: HELLO, ...ENDLESS, max_tokens: 12_000 },
        { signal: controller.signal },
      );
      asking.catch(() => undefined);
      await expect.poll(activeRequests, PATIENT).toBe(1);
      controller.abort();
      await expect(asking).rejects.toThrow(/abort/i);
      await expect.poll(activeRequests, PATIENT).toBe(0);
    });
  });

  it.each([
    ["a page of another site", "/v1/models", { origin: "https://example.com" }, 403, /its own machine/],
    ["a name that only resolves to here", "/v1/models", { host: "example.com" }, 403, /its own machine/],
    ["a wrong key", "/v1/models", { authorization: "Bearer open" }, 401, /API key/],
    ["a path that is not served", "/v1/audio/speech", {}, 404, /nothing at GET \/v1\/audio\/speech/],
  ])("refuses %s", async (_, path, headers, status, message) => {
    const { port } = new URL(gateway.url);
    const answer = await new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
      const outgoing = request(
        { host: "127.0.0.1", port, path, headers: { authorization: "Bearer sesame", ...headers } },
        async (incoming) => {
          let text = "";
          for await (const chunk of incoming) text += chunk;
          resolve({ status: incoming.statusCode, text });
        },
      );
      outgoing.on("error", reject).end();
    });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text).error.message).toMatch(message);
  });

  it.each([
    ["scales of its own", { prompt: HELLO, lora: [{ id: 0, scale: 1 }] }, /"lora" is set by the gateway/],
    ["an ability twice", { prompt: HELLO, model: "@demo/upper+@demo/upper" }, /twice/],
    ["a body that is no object", [], /not a JSON object/],
  ])("refuses a request with %s", async (_, body, message) => {
    const answer = await plain("/v1/completions", { method: "POST", body: JSON.stringify(body) });
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { error: { message: string } }).error.message).toMatch(message);
  });

  it("serves llama-server's own endpoints", async () => {
    const own = await plain("/completion", {
      method: "POST",
      body: JSON.stringify({
        model: "@demo/upper",
        prompt: HELLO,
        n_predict: 32,
        temperature: 0,
        stop: ["\n"],
      }),
    });
    expect(await own.json()).toMatchObject({ content: "HELLO" });
    const tokens = await plain("/tokenize", { method: "POST", body: JSON.stringify({ content: "ab" }) });
    expect(await tokens.json()).toEqual({ tokens: [100, 101] });
    expect((await plain("/health")).status).toBe(200);
  });

  it("says what is wrong with a model that does not load, and ends", async () => {
    const { sandbox } = workplace;
    await mkdir(sandbox.path("broken"));
    await copyFile(basePath("v1", "q8_0"), sandbox.path("broken", "model.gguf"));
    await mustRun(sandbox, ["init", "--model", "model.gguf"], "broken");
    await truncate(sandbox.path("broken", "model.gguf"), 170_000);
    await writeFile(sandbox.path("broken", "lora.json"), '{"model":"model.gguf"}');
    const { exitCode, stdout, stderr } = await sandbox.lora(["serve", "--port", "0"], { cwd: "broken" });
    expect({ exitCode, stdout }).toEqual({ exitCode: expect.any(Number), stdout: "" });
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(/model\.gguf/);
  });

  it("says so when its port is taken", async () => {
    const { port } = new URL(gateway.url);
    const { exitCode, stderr } = await workplace.sandbox.lora(["serve", "--port", port], { cwd: project });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 75,
      stderr: expect.stringContaining(`port ${port} is in use`),
    });
  });
});
