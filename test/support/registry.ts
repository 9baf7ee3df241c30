// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRegistryCluster } from "./registry-cluster.ts";
import { startRegistryProcess } from "./registry-process.ts";

export interface TestRegistryOptions {
  /** Kept by `stop`. Default: a temporary one, removed by `stop`. */
  dataDirectory?: string;
  /** Default: a free one. */
  port?: number;
  /** More arguments of `lora-registry serve`. */
  args?: string[];
  /** More environment. Without it the registry is the embedded one, whatever services the tests have. */
  env?: Record<string, string>;
}

export interface TestRegistry extends AsyncDisposable {
  url: string;
  /** The admin token: empty when the data directory was used before, since it is shown only once. */
  token: string;
  dataDirectory: string;
  pid: number;
  /** All that the process printed so far. */
  output(): { stdout: string; stderr: string };
  /** Changes a stored blob behind the registry's back. Returns the bytes that it had. */
  replaceBlob(sha256: string, change: (bytes: Buffer) => Uint8Array): Promise<Buffer>;
  /** Ends it as an operator would, removes a temporary data directory, and gives its exit status. */
  stop(): Promise<number | null>;
  /** Ends it as a crash would. The data stays: start another on it, and stop that one. */
  kill(): Promise<void>;
}

/**
 * Starts `lora-registry serve` as a process of its own, on the loopback, and waits until it answers. Under
 * `LORA_TEST_REGISTRY=cluster` that is two of them on PostgreSQL and S3, which a client cannot tell from one.
 */
export async function startTestRegistry(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const dataDirectory = options.dataDirectory ?? (await mkdtemp(join(tmpdir(), "lora-registry-")));
  const removeData = () => rm(dataDirectory, { recursive: true, force: true });
  const isOwn = options.dataDirectory === undefined;
  try {
    if (process.env.LORA_TEST_REGISTRY === "cluster") {
      return await startRegistryCluster(dataDirectory, isOwn ? removeData : undefined, options);
    }
    return await startEmbedded(dataDirectory, isOwn ? removeData : async () => {}, options);
  } catch (error) {
    if (isOwn) await removeData();
    throw error;
  }
}

async function startEmbedded(
  dataDirectory: string,
  removeData: () => Promise<void>,
  { port, args, env }: TestRegistryOptions,
): Promise<TestRegistry> {
  const { end, ...running } = await startRegistryProcess({ dataDirectory, port, args, env });
  const stop = async () => {
    const status = await end("SIGTERM");
    await removeData();
    return status;
  };
  return {
    ...running,
    dataDirectory,
    async replaceBlob(sha256, change) {
      const path = join(dataDirectory, "blobs", "sha256", sha256.slice(0, 2), sha256);
      const before = await readFile(path);
      await chmod(path, 0o644);
      await writeFile(path, change(before));
      return before;
    },
    stop,
    kill: async () => {
      await end("SIGKILL");
    },
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}
