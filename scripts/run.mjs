// SPDX-License-Identifier: Apache-2.0
// `npm run demo` and `npm test` on a machine that has only Node 20 and npm: installs the lockfile with pnpm, builds, and
// goes on under the Node that the repository pins. Plain JavaScript for the Node that starts it.
import { spawn, spawnSync } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PNPM_VERSION = "12.21.0";
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const tasks = {
  demo: [["node", "scripts/demo.ts"]],
  test: [
    ["biome", "check", "."],
    ["node", "scripts/write-error-docs.ts", "--check"],
    ["node", "scripts/run-tests.ts"],
  ],
};

const [name, ...rest] = process.argv.slice(2);
const task = tasks[name];
if (task === undefined) {
  console.error(`usage: node scripts/run.mjs ${Object.keys(tasks).join("|")}`);
  process.exit(64);
}

/** The pinned Node and the tools of the lockfile come before whatever the machine has. */
const env = { ...process.env, PATH: `${join(root, "node_modules", ".bin")}${delimiter}${process.env.PATH}` };

step("installing the lockfile", "npx", [
  "-y",
  `pnpm@${PNPM_VERSION}`,
  "install",
  "--frozen-lockfile",
  "--prefer-offline",
  "--reporter=silent",
]);
step("building", "tsc", ["-b"]);
step("bundling the command line", "node", ["scripts/build-cli.ts"]);
step("bundling the registry", "node", ["scripts/build-registry.ts"]);
step("bundling the catalog's styles and islands", "node", ["scripts/build-catalog.ts"]);
step("preparing the embedded database", "node", ["scripts/build-database.ts"]);
for (const [command, ...args] of task.slice(0, -1)) step(`${command} ${args.join(" ")}`, command, args);

const [command, ...args] = task.at(-1);
const child = spawn(command, [...args, ...rest], {
  cwd: root,
  env,
  stdio: "inherit",
  shell: process.platform === "win32",
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));

/** Quiet when it works; the tool's own words when it does not. */
function step(what, command, args) {
  const started = Date.now();
  process.stderr.write(`${what}… `);
  const result = spawnSync(command, args, {
    cwd: root,
    env,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  if (result.status === 0) {
    process.stderr.write(`${((Date.now() - started) / 1000).toFixed(1)} s\n`);
    return;
  }
  process.stderr.write(
    `failed\n${result.error?.message ?? ""}${result.stdout ?? ""}${result.stderr ?? ""}\n`,
  );
  process.exit(result.status ?? 1);
}
