// SPDX-License-Identifier: Apache-2.0
/**
 * The whole way once, with real processes in a temporary directory: a registry, a publisher, a user with a model.
 * Ends with 1 when an answer is not the one that the abilities are known to give.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { styleText } from "node:util";

const root = join(import.meta.dirname, "..");
const tinySay = join(root, "test", "fixtures", "tiny-say");
const directory = await mkdtemp(join(tmpdir(), "lora-demo-"));
const env: NodeJS.ProcessEnv = { ...process.env, LORA_HOME: join(directory, "home") };
/** Where the next command runs, below the temporary directory. */
let cwd = directory;
let registry: ChildProcess | undefined;

const started = performance.now();
try {
  await demo();
} catch (error) {
  console.error(
    `\n${styleText("red", "The demo failed")}: ${error instanceof Error ? error.message : error}`,
  );
  process.exitCode = 1;
} finally {
  await stop(registry);
  await rm(directory, { recursive: true, force: true });
}

async function demo(): Promise<void> {
  title("1. A registry, in one process on this machine");
  const { url, token } = await startRegistry();
  env.LORA_REGISTRY = url;

  title("2. Somebody who trained three abilities for a small model publishes them");
  await copyFiles();
  await lora(["login", "--token", token], { shown: ["login", "--token", `${token.slice(0, 9)}…`] });
  await lora(["scope", "create", "@demo"]);
  await lora([
    "publish",
    "upper",
    "--name",
    "@demo/upper",
    "--package-version",
    "1.0.0",
    "--base",
    "tiny-say v1=tiny-say-v1.gguf",
  ]);
  await lora([
    "publish",
    "shout",
    "--name",
    "@demo/shout",
    "--package-version",
    "1.0.0",
    "--base",
    "tiny-say v1=tiny-say-v1.gguf",
  ]);
  say("A bundle has no adapter of its own, only dependencies:");
  await showFile("loud/lora.json");
  await lora(["publish", "loud"]);
  say("And one with an adapter for each of two versions of the model:");
  const bothBases = ["--base", "tiny-say v1=tiny-say-v1.gguf", "--base", "tiny-say v2=tiny-say-v2.gguf"];
  await lora(["publish", "rot13", ...bothBases]);

  title("3. Somebody who has the model, quantized to 4 bits, asks it something");
  await enter("project");
  await lora(["init", "--model", "tiny-say-v1.q4_0.gguf"]);
  await ask("hello");

  title("4. They install an ability, and ask again");
  await lora(["install", "@demo/loud"]);
  await lora(["list"]);
  await ask("HELLO!!!");

  title("5. On the next version of the model it would do nothing, so lora refuses");
  await enter("other-project");
  await lora(["init", "--model", "tiny-say-v2.q4_0.gguf"]);
  const refusal = await lora(["install", "@demo/loud"], { fails: true });
  for (const name of ["tiny-say v1", "tiny-say v2"]) {
    if (!refusal.includes(name)) throw new Error(`the refusal does not name ${name}`);
  }
  say("An ability that was trained for both versions installs here too:");
  await lora(["install", "@demo/rot13"]);
  await ask("uryyb");

  title("What to try next");
  say("The same by hand, with your own model and adapters: the five-minute guide in README.md.");
  say(`All commands: ${relative(process.cwd(), process.execPath)} packages/cli/bin/lora.js --help`);
  say(styleText("dim", `(${((performance.now() - started) / 1000).toFixed(1)} s)`));
}

async function ask(expected: string): Promise<void> {
  const shown = ["run", "$'say: hello\\n'", "--stop", "$'\\n'"];
  const answer = await lora(["run", "say: hello\n", "--stop", "\n"], { shown });
  if (answer.trim() !== expected) throw new Error(`the model was to answer ${expected}`);
}

async function startRegistry(): Promise<{ url: string; token: string }> {
  const args = ["serve", "--data", "registry-data", "--port", "0"];
  command("lora-registry", args, "&");
  registry = spawn(
    process.execPath,
    [join(root, "packages", "registry", "bin", "lora-registry.js"), ...args],
    {
      cwd,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  registry.stderr?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  for await (const line of createInterface({ input: registry.stdout as NodeJS.ReadableStream })) {
    console.log(line);
    output += `${line}\n`;
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
    const token = /lora_[0-9A-Za-z]{36}/.exec(output)?.[0];
    if (url !== undefined && token !== undefined) return { url, token };
  }
  throw new Error(`the registry did not start\n${output}`);
}

/** Runs `lora`, shows the command and its output. @returns both streams */
async function lora(args: string[], options: { shown?: string[]; fails?: boolean } = {}): Promise<string> {
  command("lora", options.shown ?? args.map(quoteForShell));
  const child = spawn(process.execPath, [join(root, "packages", "cli", "bin", "lora.js"), ...args], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      process.stdout.write(text);
    });
  }
  const [code] = (await once(child, "close")) as [number | null];
  if ((code === 0) === (options.fails ?? false)) throw new Error(`lora ${args[0]} ended with ${code}`);
  return output;
}

async function copyFiles(): Promise<void> {
  const manifests: Record<string, unknown> = {
    loud: {
      name: "@demo/loud",
      version: "1.0.0",
      description: "Capitals, and loud",
      dependencies: { "@demo/upper": "^1", "@demo/shout": "^1" },
    },
    rot13: {
      name: "@demo/rot13",
      version: "1.0.0",
      adapters: [
        { file: "v1.gguf", base: { name: "tiny-say v1" } },
        { file: "v2.gguf", base: { name: "tiny-say v2" } },
      ],
    },
  };
  const files = [
    ["v1/base-f16.gguf", "tiny-say-v1.gguf"],
    ["v2/base-f16.gguf", "tiny-say-v2.gguf"],
    ["v1/upper.gguf", "upper/upper.gguf"],
    ["v1/shout.gguf", "shout/shout.gguf"],
    ["v1/rot13.gguf", "rot13/v1.gguf"],
    ["v2/rot13.gguf", "rot13/v2.gguf"],
    ["v1/base-q4_0.gguf", "project/tiny-say-v1.q4_0.gguf"],
    ["v2/base-q4_0.gguf", "other-project/tiny-say-v2.q4_0.gguf"],
  ] as const;
  for (const part of ["upper", "shout", "rot13", "loud", "project", "other-project"])
    await mkdir(join(directory, part));
  for (const [from, to] of files) await copyFile(join(tinySay, from), join(directory, to));
  for (const [name, manifest] of Object.entries(manifests)) {
    await writeFile(join(directory, name, "lora.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  }
}

async function showFile(path: string): Promise<void> {
  command("cat", [path]);
  process.stdout.write(await readFile(join(cwd, path), "utf8"));
}

async function enter(name: string): Promise<void> {
  command("cd", [join(cwd === directory ? "" : "..", name)]);
  cwd = join(directory, name);
}

function command(name: string, args: string[], suffix = ""): void {
  console.log(styleText("green", `\n$ ${[name, ...args, suffix].join(" ").trim()}`));
}

function title(text: string): void {
  console.log(`\n${styleText(["bold", "underline"], text)}`);
}

function say(text: string): void {
  console.log(`\n${text}`);
}

function quoteForShell(text: string): string {
  return /^[\w@./:=^-]+$/.test(text) ? text : `'${text}'`;
}

async function stop(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}
