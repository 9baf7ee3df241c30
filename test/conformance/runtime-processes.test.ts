// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findRuntime, type LoadedModel } from "@lora/client/runtime";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { forEachRuntime, llamaEnvironment, loadTinySay, say } from "../support/llama.ts";
import { isRunning } from "../support/processes.ts";
import { basePath } from "../support/tiny-say.ts";

const HELLO = "say: hello\n";
const hello = { prompt: HELLO, maxTokens: 32, temperature: 0, stop: ["\n"] };
const until = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 30_000, interval: 20 });
const isGone = (pid: number) => until(async () => expect(await isRunning(pid)).toBe(false));

await forEachRuntime((runtime) => {
  /** The whole group, so that a wrapper script around llama-server stops as well. */
  const signal = ({ pid }: LoadedModel, name: NodeJS.Signals) => process.kill(-pid, name);

  describe("crash", () => {
    it("fails the requests in flight and those after, and hangs none", async () => {
      await using model = await loadTinySay(runtime);
      expect(await say(model, HELLO)).toBe("hello");
      // Stopped first, so that no request can be answered before the kill.
      signal(model, "SIGSTOP");
      const requests = [model.generate(hello), model.generate(hello), model.nextToken({ prompt: HELLO })];
      const outcomes = Promise.allSettled(requests);
      await new Promise(setImmediate);
      signal(model, "SIGKILL");
      for (const outcome of [...(await outcomes), ...(await Promise.allSettled([model.generate(hello)]))]) {
        expect(outcome).toMatchObject({
          status: "rejected",
          reason: { code: "RUNTIME_FAILED", message: expect.stringMatching(/ended \(by SIGKILL\)/) },
        });
      }
    });

    it("leaves other models alone", async () => {
      await using crashed = await loadTinySay(runtime);
      await using other = await loadTinySay(runtime, { base: "v2" });
      signal(crashed, "SIGKILL");
      expect(await say(other, HELLO, { upper: 1 })).toBe("HELLO");
    });
  });

  describe("a runtime that does not answer", () => {
    it("can be aborted, and answers once it goes on", async () => {
      await using model = await loadTinySay(runtime);
      signal(model, "SIGSTOP");
      const controller = new AbortController();
      const request = model.generate({ ...hello, signal: controller.signal });
      const reason = new Error("enough");
      setImmediate(() => controller.abort(reason));
      await expect(request).rejects.toBe(reason);
      signal(model, "SIGCONT");
      expect(await say(model, HELLO, { upper: 1 })).toBe("HELLO");
    });

    it("can be unloaded, which fails the requests in flight", async () => {
      const model = await loadTinySay(runtime);
      signal(model, "SIGSTOP");
      const request = expect(model.generate(hello)).rejects.toMatchObject({ code: "RUNTIME_FAILED" });
      await new Promise(setImmediate);
      await model.unload();
      await request;
    });
  });

  describe("unload", () => {
    it("ends the process; more requests fail, another unload does nothing", async () => {
      const model = await loadTinySay(runtime);
      await model.unload();
      expect(await isRunning(model.pid)).toBe(false);
      await expect(model.generate(hello)).rejects.toMatchObject({ code: "RUNTIME_FAILED" });
      await model.unload();
    });
  });

  describe("an owner that ends", () => {
    let temporary: string;
    beforeAll(async () => {
      temporary = await mkdtemp(join(tmpdir(), "lora-owner-"));
    });
    afterAll(() => rm(temporary, { recursive: true }));

    it.each(["exit", "throw", "SIGTERM", "SIGKILL"])("takes the process along: %s", async (end) => {
      const owner = spawn(
        process.execPath,
        [fileURLToPath(new URL("../support/runtime-owner.ts", import.meta.url)), end],
        {
          env: { ...llamaEnvironment(runtime.kind), TMPDIR: temporary },
          stdio: ["ignore", "pipe", "ignore"],
        },
      );
      const exited = once(owner, "exit");
      const [line] = await once(createInterface(owner.stdout), "line");
      if (end === "SIGTERM" || end === "SIGKILL") owner.kill(end);
      await exited;
      await isGone(Number(line));
      if (end !== "exit" && end !== "throw") return;
      await until(async () => expect(await readdir(temporary)).toEqual([]));
    });

    it("leaves no files behind", async () => {
      await until(async () => expect(await readdir(temporary)).toEqual([]));
    });
  });

  if (runtime.kind !== "llama-server") return;

  describe("as a program", () => {
    let directory: string;
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), "lora-server-"));
    });
    afterAll(() => rm(directory, { recursive: true }));

    const findWrapped = async (script: string) => {
      const path = join(directory, `wrapper-${Math.random()}`);
      await writeFile(path, `#!/bin/sh\n${script}\n`);
      await chmod(path, 0o755);
      return findRuntime({ env: { ...llamaEnvironment("llama-server"), LORA_LLAMA_SERVER: path } });
    };

    it("may be a script that stays in front of the server", async () => {
      const pidFile = join(directory, "pid");
      const wrapped = await findWrapped(
        `'${runtime.location}' "$@" & echo $! >'${pidFile}'; wait $!; echo done`,
      );
      const model = await loadTinySay(wrapped);
      expect(await say(model, HELLO, { upper: 1 })).toBe("HELLO");
      const server = Number(await readFile(pidFile, "utf8"));
      expect(await isRunning(server)).toBe(true);
      await model.unload();
      await isGone(server);
    });

    it("keeps its key from the list of processes", async () => {
      const commandLine = join(directory, "arguments");
      const wrapped = await findWrapped(
        `printf '%s\\n' "$@" >>'${commandLine}'; printf '%s' "$LLAMA_API_KEY" >>'${commandLine}.key'; exec '${runtime.location}' "$@"`,
      );
      await using model = await loadTinySay(wrapped);
      expect(await say(model, HELLO)).toBe("hello");
      const key = await readFile(`${commandLine}.key`, "utf8");
      expect(key).toMatch(/^[0-9a-f]{64}$/);
      expect(await readFile(commandLine, "utf8")).not.toContain(key);
    });

    it("that ends while it starts is an error with its own words", async () => {
      const wrapped = await findWrapped(
        `[ "$1" = --version ] && exec '${runtime.location}' --version; echo 'error: no room for the model' >&2; exit 3`,
      );
      await expect(loadTinySay(wrapped)).rejects.toMatchObject({
        code: "RUNTIME_FAILED",
        message:
          "llama-server ended (exit code 3) while loading base-q8_0.gguf: error: no room for the model",
      });
    });

    it("takes the user's arguments, but none that break the scales", async () => {
      const modelPath = basePath("v1", "q8_0");
      const load = (extraArgs: string[]) => runtime.load({ modelPath, adapters: [], extraArgs });
      await using model = await load(["--override-kv", "tokenizer.ggml.add_bos_token=bool:false"]);
      expect(await model.generate(hello)).toMatchObject({ promptTokens: 11 });
      await expect(load(["--lora", "other.gguf"])).rejects.toMatchObject({ code: "USAGE" });
      await expect(load(["--no-such-flag"])).rejects.toMatchObject({
        code: "RUNTIME_FAILED",
        message: expect.stringContaining("invalid argument: --no-such-flag"),
      });
    });
  });
});
