// SPDX-License-Identifier: Apache-2.0
/**
 * A local server that speaks as much of the Hugging Face Hub's API as an import needs:
 *
 *     GET /api/models/OWNER/REPO/revision/REV   {"id", "sha", "cardData", …}
 *     GET /api/models/OWNER/REPO/tree/COMMIT    [{"type", "path", "size", "oid", "lfs"?}, …], a page at a time with Link
 *     GET /OWNER/REPO/resolve/COMMIT/FILE       large files: a redirect to the storage, another origin; ranges
 *
 * It remembers every request, and misbehaves where it is told to.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface HubRepositorySource {
  readonly files: Readonly<Record<string, Uint8Array | string>>;
  readonly card?: Readonly<Record<string, unknown>>;
  /** Names for the one commit there is. */
  readonly revisions?: readonly string[];
  /** Changes a file's entry in the listing. */
  readonly list?: (entry: Record<string, unknown>) => Record<string, unknown>;
  readonly extraEntries?: readonly Record<string, unknown>[];
}

export interface SeenRequest {
  readonly host: "hub" | "storage";
  readonly url: string;
  readonly authorization: string | undefined;
}

export interface TestHub extends AsyncDisposable {
  readonly url: string;
  readonly storageUrl: string;
  readonly seen: SeenRequest[];
  /** Answers instead of the hub, or the storage, where it returns true. */
  misbehave:
    | ((request: IncomingMessage, response: ServerResponse, host: SeenRequest["host"]) => boolean)
    | undefined;
}

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const LARGE_BYTES = 1024;
const PAGE = 2;

const digest = (algorithm: string, data: Uint8Array | string) =>
  createHash(algorithm).update(data).digest("hex");

export async function startHub(
  repositories: Readonly<Record<string, HubRepositorySource>>,
): Promise<TestHub> {
  const seen: SeenRequest[] = [];
  const storage = createServer((request, response) => {
    note("storage", request);
    if (hub.misbehave?.(request, response, "storage")) return;
    const [name = "", file = ""] = decodeURIComponent(request.url ?? "")
      .slice(1)
      .split("//");
    send(request, response, bytesOf(repositories[name]?.files[file] ?? ""));
  });
  const server = createServer((request, response) => {
    note("hub", request);
    if (hub.misbehave?.(request, response, "hub")) return;
    answer(repositories, hub.storageUrl, request, response);
  });
  const note = (host: SeenRequest["host"], { url = "", headers }: IncomingMessage) =>
    seen.push({ host, url, authorization: headers.authorization });
  const hub: TestHub = {
    url: await listen(server),
    storageUrl: await listen(storage),
    seen,
    misbehave: undefined,
    async [Symbol.asyncDispose]() {
      await Promise.all([server, storage].map(stop));
    },
  };
  return hub;
}

function answer(
  repositories: Readonly<Record<string, HubRepositorySource>>,
  storageUrl: string,
  request: IncomingMessage,
  response: ServerResponse,
): unknown {
  const url = new URL(request.url ?? "", "http://hub");
  const path = decodeURIComponent(url.pathname);
  const [, api, name = "", verb, rest = ""] =
    /^(\/api\/models)?\/([^/]+\/[^/]+)\/(revision|tree|resolve)\/(.+)$/.exec(path) ?? [];
  const repository = repositories[name];
  if (repository === undefined) return fail(response, 401, "RepoNotFound");
  if (api !== undefined && verb === "revision") {
    if (!["HEAD", "main", COMMIT, ...(repository.revisions ?? [])].includes(rest))
      return fail(response, 404, "RevisionNotFound");
    return json(response, {
      _id: "1",
      id: name,
      sha: COMMIT,
      private: false,
      gated: false,
      downloads: 1,
      likes: 1,
      lastModified: "2026-01-01T00:00:00.000Z",
      ...(repository.card === undefined ? {} : { cardData: repository.card }),
    });
  }
  if (api !== undefined && rest === COMMIT) return list(repository, url, request, response);
  const file = /^([0-9a-f]{40})\/(.+)$/.exec(rest);
  const content = file?.[1] === COMMIT ? repository.files[file[2] ?? ""] : undefined;
  if (content === undefined) return fail(response, 404, "EntryNotFound");
  const bytes = bytesOf(content);
  if (bytes.length < LARGE_BYTES) return send(request, response, bytes);
  return response
    .writeHead(302, { location: `${storageUrl}/${encodeURIComponent(`${name}//${file?.[2]}`)}` })
    .end();
}

function list(
  repository: HubRepositorySource,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const entries = Object.entries(repository.files).map(([path, content]) => {
    const bytes = bytesOf(content);
    const { length: size } = bytes;
    const blob = digest("sha1", Buffer.concat([Buffer.from(`blob ${size}\0`), bytes]));
    const entry: Record<string, unknown> =
      size < LARGE_BYTES
        ? { type: "file", path, size, oid: blob }
        : {
            type: "file",
            path,
            size,
            oid: "f".repeat(40),
            lfs: { oid: digest("sha256", bytes), size, pointerSize: 130 },
          };
    return repository.list?.(entry) ?? entry;
  });
  const all = [
    { type: "directory", path: "logs", size: 0, oid: "d".repeat(40) },
    ...(repository.extraEntries ?? []),
    ...entries,
  ];
  const start = Number(url.searchParams.get("cursor") ?? 0);
  if (start + PAGE < all.length) {
    url.searchParams.set("cursor", `${start + PAGE}`);
    response.setHeader("link", `<http://${request.headers.host}${url.pathname}${url.search}>; rel="next"`);
  }
  json(response, all.slice(start, start + PAGE));
}

function send(request: IncomingMessage, response: ServerResponse, bytes: Uint8Array): unknown {
  const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  if (start === undefined) {
    return response.writeHead(200, { "content-length": bytes.length }).end(bytes);
  }
  const part = bytes.subarray(Number(start), Number(end) + 1);
  return response
    .writeHead(206, {
      "content-length": part.length,
      "content-range": `bytes ${start}-${Number(start) + part.length - 1}/${bytes.length}`,
      etag: '"1"',
    })
    .end(part);
}

export function json(response: ServerResponse, value: unknown): unknown {
  return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
}

export function fail(response: ServerResponse, status: number, code: string): unknown {
  return response
    .writeHead(status, { "content-type": "application/json", "x-error-code": code })
    .end(JSON.stringify({ error: `\u001b[31m${code}` }));
}

const bytesOf = (content: Uint8Array | string) =>
  typeof content === "string" ? Buffer.from(content) : content;

function listen(server: Server): Promise<string> {
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    ),
  );
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
