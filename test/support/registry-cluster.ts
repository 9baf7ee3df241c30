// SPDX-License-Identifier: Apache-2.0
/**
 * Two registry processes on one PostgreSQL and one S3, behind one address that gives each request to the next of them: to a
 * client the same as one embedded registry. In the data directory is only what a later start needs to find its services.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestRegistry, TestRegistryOptions } from "./registry.ts";
import { startRegistryProcess } from "./registry-process.ts";
import { startRoundRobin } from "./round-robin.ts";
import { openSharedServices } from "./shared-services.ts";

const PROCESSES = 2;

export async function startRegistryCluster(
  dataDirectory: string,
  removeData: (() => Promise<void>) | undefined,
  options: TestRegistryOptions,
): Promise<TestRegistry> {
  const memo = join(dataDirectory, "services.json");
  const known = await readFile(memo, "utf8").then(JSON.parse, () => undefined);
  const services = await openSharedServices(known?.name);
  await writeFile(memo, JSON.stringify({ name: services.name }));
  const front = await startRoundRobin(options.port ?? 0);
  const hasOrigin = options.args?.includes("--origin") === true;
  const args = [...(options.args ?? []), ...(hasOrigin ? [] : ["--origin", front.url])];
  const env = { ...services.env, LORA_TRUSTED_PROXIES: "1", ...options.env };

  // At once: on an empty database both would make everything.
  const starts = Array.from({ length: PROCESSES }, (_, i) =>
    startRegistryProcess({ dataDirectory: join(dataDirectory, String(i)), args, env }),
  );
  const processes = await Promise.all(starts);
  front.backends = processes.map(({ url }) => url);
  const end = async (signal: "SIGTERM" | "SIGKILL") => {
    const statuses = await Promise.all(processes.map((each) => each.end(signal)));
    await front[Symbol.asyncDispose]();
    return statuses.find((status) => status !== 0) ?? 0;
  };
  const stop = async () => {
    const status = await end("SIGTERM");
    if (removeData !== undefined) {
      await services.drop();
      await removeData();
    }
    return status;
  };
  return {
    url: front.url,
    token: processes.map(({ token }) => token).join(""),
    dataDirectory,
    pid: processes[0]?.pid as number,
    output: () => {
      const all = processes.map((each) => each.output());
      return {
        stdout: all.map(({ stdout }) => stdout).join(""),
        stderr: all.map(({ stderr }) => stderr).join(""),
      };
    },
    replaceBlob: (sha256, change) => services.replaceObject(`sha256/${sha256}`, change),
    stop,
    kill: async () => {
      await end("SIGKILL");
    },
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}
