// SPDX-License-Identifier: Apache-2.0
/** `lora chat` as a process that is typed into. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHAT_TEMPLATE } from "../support/gateway.ts";
import { llamaServerSuite } from "../support/llama.ts";
import { createProject, createWorkplace, mustRun, publishAbility } from "../support/publishing.ts";

/** A busy machine takes seconds for what is otherwise done at once. */
const PATIENT = { timeout: 30_000, interval: 50 };

const executable = join(import.meta.dirname, "..", "..", "packages", "cli", "bin", "lora.js");

describe.skipIf(llamaServerSuite.skipped)(`lora chat, ${llamaServerSuite.name}`, () => {
  let workplace: Awaited<ReturnType<typeof createWorkplace>>;
  beforeAll(async () => {
    workplace = await createWorkplace();
    for (const ability of ["upper", "rot13"] as const)
      await publishAbility(workplace.sandbox, { name: `@demo/${ability}`, ability });
    await createProject(workplace.sandbox, "project");
    await mustRun(workplace.sandbox, ["install", "@demo/upper", "@demo/rot13"], "project");
    await mustRun(workplace.sandbox, ["scale", "@demo/rot13=0"], "project");
  });
  afterAll(() => workplace[Symbol.asyncDispose]());

  const llamaArgs = ["--", ...CHAT_TEMPLATE, "--context-shift"];

  it("answers with what is on, and turns abilities on and off", async () => {
    const input = [
      "say: hello",
      "/without @demo/upper",
      "say: hello",
      "/with @demo/rot13 1",
      "say: hello",
      "/scale @demo/rot13 0",
      "say: hello",
      "/with @demo/no",
      "/history",
      "",
    ].join("\n");
    const chat = ["chat", "--temperature", "0", "--max-tokens", "5", ...llamaArgs];
    const { exitCode, stdout, stderr } = await workplace.sandbox.lora(chat, { cwd: "project", input });
    expect(exitCode).toBe(0);
    expect(stdout.split("\n")).toEqual([
      "HELLO",
      "* @demo/rot13 1.0.0, scale 0",
      "  @demo/upper 1.0.0",
      "hello",
      "* @demo/rot13 1.0.0, scale 1",
      "  @demo/upper 1.0.0",
      "uryyb",
      "* @demo/rot13 1.0.0, scale 0",
      "  @demo/upper 1.0.0",
      "hello",
      ...["HELLO", "hello", "uryyb", "hello"].flatMap((answer) => [
        "user: say: hello",
        `assistant: ${answer}`,
      ]),
      "",
    ]);
    expect(stderr).toBe("error: @demo/no is not installed (in another terminal: lora install @demo/no)\n");
  });

  it("stops an answer on Ctrl-C, and goes on", async () => {
    const { sandbox } = workplace;
    const child = spawn(
      process.execPath,
      [executable, "chat", "--temperature", "0", ...llamaArgs, "--ignore-eos"],
      {
        cwd: sandbox.path("project"),
        env: sandbox.env,
        stdio: ["pipe", "pipe", "inherit"],
      },
    );
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.stdin.write("say: hello\n");
    // It does not end by itself.
    await expect.poll(() => stdout.length, PATIENT).toBeGreaterThan(100);
    child.kill("SIGINT");
    await expect.poll(() => stdout, PATIENT).toMatch(/ \[stopped\]\n$/);
    child.stdin.write("/abilities\n");
    await expect.poll(() => stdout, PATIENT).toMatch(/\* @demo\/upper 1\.0\.0, scale 1\n$/);
    child.stdin.end("/quit\n");
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});
