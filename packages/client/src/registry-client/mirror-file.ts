// SPDX-License-Identifier: Apache-2.0
/**
 * A registry's mirror in a directory, as a web server would serve it:
 *
 *     file:///srv/mirror/index/@demo/upper.json     200 with the file's bytes, 404 where there is none
 *
 * It has no ETags and no ranges, and takes no other requests.
 */
import { type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { LoraError } from "../errors.ts";
import { fileError } from "../store/file-error.ts";
import type { HttpRequest } from "./http.ts";

const ABSENT = new Set(["ENOENT", "ENOTDIR", "EISDIR"]);

/** @throws LoraError USAGE for what only a registry can do; NOT_FOUND unless 404 is accepted; PERMISSION_DENIED, IO_FAILED */
export async function readMirrorFile({ url, method = "GET", accept }: HttpRequest): Promise<Response> {
  if (method !== "GET") throw unanswerable(method, url);
  const path = fileURLToPath(url);
  const file = await openFile(path);
  if (file !== undefined) {
    const body = Readable.toWeb(file.createReadStream()) as ReadableStream<Uint8Array>;
    return at(url, new Response(body, { status: 200 }));
  }
  if (accept?.(404)) return at(url, new Response(null, { status: 404 }));
  if (url.pathname.includes("/api/v1/")) throw unanswerable(method, url);
  throw new LoraError("NOT_FOUND", `the mirror has no file ${path}`, { details: { path } });
}

function unanswerable(method: string, url: URL): LoraError {
  return new LoraError("USAGE", `a mirror in files answers no ${method} ${url.href}`, {
    hint: "name the registry itself with LORA_REGISTRY",
  });
}

async function openFile(path: string): Promise<FileHandle | undefined> {
  try {
    const file = await open(path);
    if ((await file.stat()).isFile()) return file;
    await file.close();
    return undefined;
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw fileError(error, "read", path);
  }
}

/** Errors name where an answer came from; a response that was made here says nothing of it. */
function at(url: URL, response: Response): Response {
  return Object.defineProperty(response, "url", { value: url.href });
}
