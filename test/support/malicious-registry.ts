// SPDX-License-Identifier: Apache-2.0
/**
 * A registry that lies in one of eleven ways. It holds its own keys, so whatever it says is well signed; the author's
 * key it does not have.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parsePackageName, parseScopeName } from "@lora/client/names";
import type { Version } from "@lora/client/versions";
import {
  addKey,
  createPaperRegistry,
  createScope,
  filesOf,
  listRelease,
  type PaperKey,
  type PaperRegistry,
  publish,
  signPaperRelease,
} from "./paper-registry.ts";

export const upper = parsePackageName("@demo/upper");
export const shout = parsePackageName("@demo/shout");
const demo = parseScopeName("@demo");
const [v100, v110, v120] = ["1.0.0", "1.1.0", "1.2.0"] as [Version, Version, Version];
const HOUR = 3600;

export type Files = Map<string, Uint8Array | string>;

export interface StaticServer extends AsyncDisposable {
  url: string;
  files: Files;
  /** Paths that were asked for, in order. */
  seen: string[];
  /** Paths whose answers never end. */
  endless: (path: string) => boolean;
}

/** Serves files as they are. */
export async function serveFiles(files: Files): Promise<StaticServer> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "/");
    served.seen.push(path);
    if (served.endless(path)) return pour(response);
    const body = served.files.get(path);
    if (body !== undefined) return void response.end(body);
    response.statusCode = 404;
    response.end(JSON.stringify({ error: { code: "NOT_FOUND", message: `there is nothing at ${path}` } }));
  });
  const served: StaticServer = {
    url: "",
    files,
    seen: [],
    endless: () => false,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  served.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return served;
}

function pour(response: ServerResponse): void {
  const chunk = Buffer.alloc(64 * 1024, "x");
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on("drain", more);
  more();
}

/** How a registry was when a client first saw it, and how it then goes on. */
export interface Story {
  /** @demo/upper 1.0.0 and 1.1.0, @demo/shout 1.0.0; shown an hour ago. */
  before: PaperRegistry;
  /** The author's key. */
  key: PaperKey;
  now: number;
}

export async function beginStory(): Promise<Story> {
  const now = Math.floor(Date.now() / 1000);
  const before = await createPaperRegistry(now - HOUR);
  const key = await createScope(before, demo);
  await publish(before, "@demo/upper@1.0.0", key);
  await publish(before, "@demo/shout@1.0.0", key, { ability: "shout" });
  await publish(before, "@demo/upper@1.1.0", key);
  return { before, key, now };
}

/** The same history an hour later, with one release more. */
export async function goOn({ before, key, now }: Story): Promise<PaperRegistry> {
  const registry = { ...structuredClone(before), clock: now };
  await publish(registry, "@demo/upper@1.2.0", key);
  return registry;
}

export type Lie =
  | "fork"
  | "freeze"
  | "rollback"
  | "swapped version"
  | "another package's metadata"
  | "substituted key"
  | "truncated blob"
  | "hidden version"
  | "lagging mirror"
  | "wrong receipt"
  | "endless response";

/** What a client is shown that has seen the story's beginning. */
export async function tell(lie: Lie, story: Story): Promise<{ files: Files; endless?: RegExp }> {
  return LIES[lie](story);
}

const LIES: Record<Lie, (story: Story) => Promise<{ files: Files; endless?: RegExp }>> = {
  /** Two histories under one key: this one never had 1.1.0. */
  async fork({ before, key, now }) {
    const other = { ...structuredClone(before), clock: now };
    other.log.leaves.splice(4);
    other.log.receipts.splice(4);
    other.log.last[upper] = { index: 2, seq: 0 };
    delete other.packages[upper]?.[v110];
    await publish(other, "@demo/upper@1.1.0", key, { description: "another" });
    await publish(other, "@demo/upper@1.2.0", key);
    return { files: await filesOf(other) };
  },

  /** Nothing newer is ever shown: what came after, a revocation say, stays unknown. */
  async freeze({ before, now }) {
    return { files: await filesOf({ ...before, clock: now - 25 * HOUR }) };
  },

  /** The log is set back, and its clock says that there never was more. */
  async rollback({ before, now }) {
    const back = { ...structuredClone(before), clock: now };
    back.log.leaves.splice(4);
    back.log.receipts.splice(4);
    delete back.packages[upper]?.[v110];
    return { files: await filesOf(back) };
  },

  /** Another release under a version that was published before, and logged so. */
  async "swapped version"({ before, key, now }) {
    const registry = { ...structuredClone(before), clock: now };
    await publish(registry, "@demo/upper@1.1.0", key, { description: "another" });
    return { files: await filesOf(registry) };
  },

  /** The log says of a package what its author signed for another. */
  async "another package's metadata"(story) {
    const registry = await goOn(story);
    const { index: _, receipt: __, ...signed } = registry.packages[shout]?.[v100] ?? raise();
    await listRelease(registry, parsePackageName("@demo/loud"), v100, signed);
    return { files: await filesOf(registry) };
  },

  /** A release that the registry signed itself, with a key that it gave to the scope. */
  async "substituted key"({ before, now }) {
    const registry = { ...structuredClone(before), clock: now };
    const own = await addKey(registry, demo, null);
    await listRelease(registry, upper, v120, await signPaperRelease(upper, v120, "upper", own));
    return { files: await filesOf(registry) };
  },

  async "truncated blob"(story) {
    const files = await filesOf(await goOn(story));
    for (const [path, body] of files)
      if (path.startsWith("/blobs/") && body.length > 1000) files.set(path, body.slice(0, -100));
    return { files };
  },

  /** The log has it, the index does not. */
  async "hidden version"(story) {
    const registry = await goOn(story);
    const { [v110]: _, ...shown } = registry.packages[upper] ?? raise();
    registry.packages[upper] = shown;
    return { files: await filesOf(registry) };
  },

  /** An honest copy of the beginning, without the last release. */
  async "lagging mirror"({ before, now }) {
    const behind = { ...structuredClone(before), clock: now - 2 * HOUR };
    behind.log.leaves.splice(4);
    behind.log.receipts.splice(4);
    delete behind.packages[upper]?.[v110];
    return { files: await filesOf(behind) };
  },

  async "wrong receipt"(story) {
    const registry = await goOn(story);
    const files = await filesOf(registry);
    files.set(`/versions/${upper}/${v120}/receipt`, registry.packages[upper]?.[v100]?.receipt ?? raise());
    return { files };
  },

  async "endless response"(story) {
    return { files: await filesOf(await goOn(story)), endless: /^\/log\/checkpoint$/ };
  },
};

function raise(): never {
  throw new Error("the story has no such release");
}
