// SPDX-License-Identifier: Apache-2.0
/**
 * Installing 20 adapters of 16 MB from a registry on this machine, each as a whole process, beside a peer in the same run:
 *
 *     cold     store and project empty              curl -Z and sha256sum of the same bytes
 *     warm     store full, project empty            npm ci of 20 packages of the same bytes, its cache full
 *     no-op    store full, project installed        the same npm ci, and npm install with nothing to do
 *
 *     node bench/install.ts
 *
 * lora verifies signatures and formats besides, and has synced what it installed to the disk when it ends; curl has not.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createWorkplace, mustRun } from "../test/support/publishing.ts";
import { writeBase, writeRandomAdapter } from "./support/adapters.ts";
import { alternate, report, runProgram } from "./support/alternate.ts";

const PACKAGES = 20;
const ROUNDS = 5;
const AT_ONCE = 16;
const lora = join(import.meta.dirname, "..", "packages", "cli", "bin", "lora.js");

await using workplace = await createWorkplace();
const { sandbox, registry } = workplace;
const names = Array.from({ length: PACKAGES }, (_, i) => `ability-${String(i).padStart(2, "0")}`);

console.log(`making and publishing ${PACKAGES} adapters`);
const model = sandbox.path("model.gguf");
writeBase(model);
let sizeBytes = 0;
mkdirSync(sandbox.path("tarballs"));
for (const name of names) {
  const directory = sandbox.path("packages", name);
  mkdirSync(directory, { recursive: true });
  sizeBytes += writeRandomAdapter(join(directory, "adapter.gguf"));
  writeFileSync(
    join(directory, "lora.json"),
    JSON.stringify({ name: `@demo/${name}`, version: "1.0.0", adapters: [{ file: "adapter.gguf" }] }),
  );
  await mustRun(sandbox, ["publish", directory, "--base", `bench=${model}`]);
  packTarball(name, directory);
}

const project = sandbox.path("project");
mkdirSync(project);
await mustRun(sandbox, ["init", "--model", model], "project");
const home = sandbox.path("warm-home");
const install = (loraHome: string) =>
  runProgram(process.execPath, [lora, "install"], {
    cwd: project,
    env: { ...sandbox.env, LORA_HOME: loraHome },
  });
runProgram(process.execPath, [lora, "install", ...names.map((name) => `@demo/${name}`)], {
  cwd: project,
  env: { ...sandbox.env, LORA_HOME: home },
});
const lockfile = JSON.parse(readFileSync(join(project, "lora-lock.json"), "utf8")) as {
  packages: Record<string, { adapter: { sha256: string } }>;
};
const digests = Object.values(lockfile.packages).map(({ adapter }) => adapter.sha256);

const npmRegistry = await startNpmRegistry();
const npmProject = sandbox.path("npm-project");
const npm = (...args: string[]) =>
  runProgram(
    "npm",
    [...args, "--no-audit", "--no-fund", "--prefer-offline", `--registry=${npmRegistry.url}`],
    {
      cwd: npmProject,
      env: { ...process.env, npm_config_cache: sandbox.path("npm-cache") },
    },
  );
mkdirSync(npmProject);
const dependencies = Object.fromEntries(names.map((name) => [name, "1.0.0"]));
writeFileSync(
  join(npmProject, "package.json"),
  JSON.stringify({ name: "bench", version: "1.0.0", dependencies }),
);
npm("install");

const downloads = sandbox.path("downloads");
const coldHome = sandbox.path("cold-home");
const empty = (...paths: string[]) => {
  for (const path of paths) rmSync(path, { recursive: true, force: true });
};
const times = alternate(
  [
    {
      name: "cold",
      prepare: () => empty(coldHome, join(project, ".lora")),
      run: () => install(coldHome),
    },
    {
      name: "curl",
      prepare: () => {
        empty(downloads);
        mkdirSync(downloads);
      },
      run: downloadWithCurl,
    },
    { name: "warm", prepare: () => empty(join(project, ".lora")), run: () => install(home) },
    { name: "npm ci", prepare: () => empty(join(npmProject, "node_modules")), run: () => npm("ci") },
    { name: "no-op", run: () => install(home) },
    { name: "npm install", run: () => npm("install") },
  ],
  ROUNDS,
);
await npmRegistry.stop();
const ms = (name: string) => times.get(name) ?? Number.NaN;
const against = (what: string, peer: string) => ({ what, ms: ms(what), peer, peerMs: ms(peer) });
console.log(
  `${PACKAGES} adapters, ${(sizeBytes / 1e6).toFixed(0)} MB in all; medians of ${ROUNDS} runs of each, in turn`,
);
report("install", [
  { ...against("cold", "curl"), peer: "curl -Z, sha256sum" },
  against("warm", "npm ci"),
  against("no-op", "npm ci"),
  against("no-op", "npm install"),
]);

/** As npm lays out a package: its files below `package/`. */
function packTarball(name: string, directory: string): void {
  writeFileSync(join(directory, "package.json"), JSON.stringify({ name, version: "1.0.0" }));
  const files = ["package.json", "adapter.gguf"];
  const tarball = sandbox.path("tarballs", `${name}.tgz`);
  runProgram("tar", [
    "-cf",
    tarball,
    "-I",
    "gzip -1",
    "--transform",
    "s,^,package/,",
    "-C",
    directory,
    ...files,
  ]);
}

function downloadWithCurl(): void {
  const config = digests.map(
    (digest) => `url = "${registry.url}/blobs/sha256/${digest}"\noutput = "${digest}"\n`,
  );
  const curl = ["-sSfZ", "--parallel-max", String(AT_ONCE), "-K", "-"];
  runProgram("curl", curl, { cwd: downloads, input: config.join("") });
  const sums = digests.map((digest) => `${digest}  ${digest}\n`).join("");
  runProgram("sha256sum", ["--check", "--quiet"], { cwd: downloads, input: sums });
}

async function startNpmRegistry(): Promise<{ url: string; stop: () => Promise<void> }> {
  const script = join(import.meta.dirname, "support", "npm-registry.ts");
  const child = spawn(process.execPath, [script, sandbox.path("tarballs")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [url] = (await once(createInterface(child.stdout), "line")) as [string];
  const stop = async () => {
    child.kill();
    await once(child, "exit");
  };
  return { url, stop };
}
