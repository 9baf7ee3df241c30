// SPDX-License-Identifier: Apache-2.0
/** What a hub may not do: to whoever imports from it, and with their token. */
import { LoraError } from "@lora/client/errors";
import { hubAccess } from "@lora/client/hub";
import { describe, expect, it } from "vitest";
import { fail, json, type TestHub } from "../support/hub.ts";
import { useImports } from "../support/imports.ts";

const TOKEN = "hf_secret";
const imports = useImports();
const { serve, run, expectNothing } = imports;

describe("a token", () => {
  it("goes to the hub alone, not to where it redirects", async () => {
    await serve({ files: { ...imports.peft, "README.md": "x" } });
    await run({}, { HF_TOKEN: TOKEN });
    const { seen } = imports.hub;
    expect(
      seen
        .filter(({ host }) => host === "hub")
        .every(({ authorization }) => authorization === `Bearer ${TOKEN}`),
    ).toBe(true);
    const atStorage = seen.filter(({ host }) => host === "storage");
    expect(atStorage.length).toBeGreaterThan(0);
    expect(atStorage.every(({ authorization }) => authorization === undefined)).toBe(true);
  });

  it("does not go to another host that a listing names as its next page", async () => {
    await serve({ files: imports.peft });
    imports.hub.misbehave = (request, response, host) => {
      if (host !== "hub" || !request.url?.includes("/tree/")) return false;
      response.setHeader("link", `<${imports.hub.storageUrl}/next>; rel="next"`);
      json(response, []);
      return true;
    };
    await expect(run({}, { HF_TOKEN: TOKEN })).rejects.toMatchObject({
      code: "HUB_PROTOCOL",
      message: `${imports.hub.url} sends its own API's users to ${imports.hub.storageUrl}`,
    });
    expect(imports.hub.seen.filter(({ host }) => host === "storage")).toEqual([]);
    await expectNothing();
  });

  it("is not sent unencrypted to another machine, nor in pieces into a header", async () => {
    await serve({ files: imports.peft });
    expect(() => hubAccess({ HF_ENDPOINT: "http://hub.example.org", HF_TOKEN: TOKEN })).toThrow(
      /is not sent to/,
    );
    expect(() => hubAccess({ HF_TOKEN: "hf_a\r\nx: y" })).toThrow(/characters that no token has/);
    expect(hubAccess({ HF_TOKEN: `${TOKEN}\n` })).toEqual({
      endpoint: "https://huggingface.co",
      token: TOKEN,
    });
    for (const text of ["file:///etc", "https://a:b@hub.example.org", "hub", "https://hub.example.org/?a=b"])
      expect(() => hubAccess({ HF_ENDPOINT: text }), text).toThrow(LoraError);
  });
});

type Answer = NonNullable<TestHub["misbehave"]>;
const at =
  (part: string, answer: (response: Parameters<Answer>[1]) => unknown): Answer =>
  (request, response) => {
    if (!request.url?.includes(part)) return false;
    answer(response);
    return true;
  };
const endless = (response: Parameters<Answer>[1]) => {
  const more = () => {
    while (!response.destroyed && response.write(Buffer.alloc(65_536, 0x20)));
    if (!response.destroyed) response.once("drain", more);
  };
  more();
};
const weights = "safetensors";

describe("a hub", () => {
  it.each<[string, string, Answer, string | RegExp]>([
    [
      "without the repository",
      "HUB_FORBIDDEN",
      at("/api/", (r) => fail(r, 401, "RepoNotFound")),
      /does not show hf:acme\/sql: it is private, gated, or not there$/,
    ],
    [
      "without access for this account",
      "HUB_FORBIDDEN",
      at("/api/", (r) => fail(r, 403, "GatedRepo")),
      /does not let this account read hf:acme\/sql$/,
    ],
    [
      "with a gated file",
      "HUB_FORBIDDEN",
      at("adapter_config", (r) => fail(r, 403, "GatedRepo")),
      /does not let this account read/,
    ],
    [
      "without the revision",
      "HUB_NOT_FOUND",
      at("/revision/", (r) => fail(r, 404, "RevisionNotFound")),
      /has no hf:acme\/sql$/,
    ],
    [
      "without a file that it lists",
      "HUB_NOT_FOUND",
      at(weights, (r) => fail(r, 404, "EntryNotFound")),
      /has no hf:acme\/sql@0123/,
    ],
    ["that is broken", "HUB_UNREACHABLE", at("/api/", (r) => fail(r, 500, "")), /answers 500$/],
    ["that asks for patience", "HUB_UNREACHABLE", at("/tree/", (r) => fail(r, 429, "")), /answers 429$/],
    [
      "that is a teapot",
      "HUB_PROTOCOL",
      at("/api/", (r) => fail(r, 418, "")),
      /answers 418 for hf:acme\/sql$/,
    ],
    [
      "that does not answer in JSON",
      "HUB_PROTOCOL",
      at("/revision/", (r) => r.end("<html>")),
      /does not answer as its API says/,
    ],
    [
      "that answers with null",
      "HUB_PROTOCOL",
      at("/revision/", (r) => json(r, null)),
      /does not answer as its API says/,
    ],
    [
      "that has a path for a commit",
      "HUB_PROTOCOL",
      at("/revision/", (r) => json(r, { sha: "../../../etc" })),
      /does not answer as its API says/,
    ],
    [
      "that lists no list",
      "HUB_PROTOCOL",
      at("/tree/", (r) => json(r, { path: "x" })),
      /does not answer as its API says/,
    ],
    [
      "that lists strange sizes",
      "HUB_PROTOCOL",
      at("/tree/", (r) => json(r, [{ type: "file", path: "a", size: -1 }])),
      /does not answer as its API says/,
    ],
    ["that lists nothing", "HUB_NOT_FOUND", at("/tree/", (r) => json(r, [])), /has no adapter at its top/],
    ["that closes the connection", "HUB_UNREACHABLE", at("/api/", (r) => r.destroy()), /does not answer$/],
    [
      "whose answer never ends",
      "HUB_PROTOCOL",
      at("/revision/", endless),
      /sends more than 8388608 bytes in one answer$/,
    ],
    ["whose listing never ends", "HUB_PROTOCOL", at("/tree/", endless), /sends more than 8388608 bytes/],
    [
      "whose refusal never ends",
      "HUB_PROTOCOL",
      at("/tree/", (r) => endless(r.writeHead(500))),
      /sends more than 8388608 bytes/,
    ],
    [
      "whose file never ends",
      "SIZE_MISMATCH",
      at(weights, endless),
      /is longer than the \d+ bytes that the hub lists$/,
    ],
    ["whose small file never ends", "SIZE_MISMATCH", at("adapter_config", endless), /is longer than/],
    [
      "whose file is cut off",
      "SIZE_MISMATCH",
      at(weights, (r) => r.end("short")),
      /is shorter than the \d+ bytes/,
    ],
    ["whose file is empty", "SIZE_MISMATCH", at(weights, (r) => r.writeHead(204).end()), /is shorter than/],
    [
      "whose small file is another",
      "DIGEST_MISMATCH",
      at("adapter_config", (r) =>
        r.end(Buffer.alloc(imports.peft["adapter_config.json"]?.length ?? 0, 0x20)),
      ),
      /is not what the hub lists under that name$/,
    ],
    [
      "whose large file is another",
      "DIGEST_MISMATCH",
      at(weights, (r) => r.end(Buffer.alloc(imports.peft["adapter_model.safetensors"]?.length ?? 0))),
      /is not what the hub lists/,
    ],
    [
      "that redirects in circles",
      "HUB_UNREACHABLE",
      (request, response) => {
        response.writeHead(302, { location: request.url ?? "/" }).end();
        return true;
      },
      /does not answer$/,
    ],
  ])("%s is told from one that works: %s", async (_, code, misbehave, message) => {
    await serve({ files: imports.peft });
    imports.hub.misbehave = misbehave;
    const error = await run().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    // What the hub wrote into its errors is not repeated.
    expect((error as LoraError).message).not.toContain("\u001b");
    await expectNothing();
  });

  it("that falls silent is given up", async () => {
    await serve({ files: imports.peft });
    for (const part of ["/api/", weights]) {
      imports.hub.misbehave = at(part, (response) => {
        if (part === weights) response.writeHead(200).write("x");
      });
      await expect(run({}, {}, 100)).rejects.toMatchObject({
        code: "HUB_UNREACHABLE",
        message: `${imports.hub.url} was silent for 0.1 s`,
      });
      await expectNothing();
    }
  });

  it("that has another page for ever is given up", async () => {
    await serve({ files: imports.peft });
    imports.hub.misbehave = (request, response) => {
      if (!request.url?.includes("/tree/")) return false;
      response.setHeader("link", `<${imports.hub.url}${request.url}>; rel="next"`);
      json(response, []);
      return true;
    };
    await expect(run()).rejects.toMatchObject({
      code: "HUB_PROTOCOL",
      message: expect.stringContaining("more than 200 requests"),
    });
    await expectNothing();
  });

  it("that breaks off once is asked again", async () => {
    await serve({ files: imports.peft });
    let broken = false;
    imports.hub.misbehave = (_, response, host) => {
      if (host !== "storage" || broken) return false;
      broken = true;
      response.writeHead(200, { "content-length": 100_000 }).write("x", () => response.destroy());
      return true;
    };
    const { downloadedBytes } = await run();
    expect(downloadedBytes).toBe(Object.values(imports.peft).reduce((sum, { length }) => sum + length, 0));
    expect(broken).toBe(true);
  });

  it("that lists a terabyte is not asked for it", async () => {
    await serve({
      files: imports.peft,
      list: (entry) =>
        entry.path === "adapter_model.safetensors"
          ? { ...entry, lfs: { oid: "a".repeat(64), size: 2 ** 40, pointerSize: 1 } }
          : entry,
    });
    await expect(run()).rejects.toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
    expect(imports.hub.seen.some(({ url }) => url.includes("/resolve/"))).toBe(false);
    await expectNothing();
  });

  it("that lists names with paths in them is not followed", async () => {
    const oid = "e".repeat(40);
    const names = [
      "../evil.gguf",
      "/etc/evil.gguf",
      "..\\evil.gguf",
      "a\u0000.gguf",
      "C:evil.gguf",
      "con.gguf",
      ".hidden.gguf",
      "x\u001b[2J.gguf",
    ];
    await serve({ files: {}, extraEntries: names.map((path) => ({ type: "file", path, size: 3, oid })) });
    await expect(run()).rejects.toMatchObject({ code: "USAGE" });
    for (const file of names) {
      // What lies in a directory is not of the adapter; the others no release may have.
      const code = file.includes("/") ? "HUB_NOT_FOUND" : "NAME_INVALID";
      await expect(run({ file })).rejects.toMatchObject({ code });
    }
    expect(imports.hub.seen.some(({ url }) => url.includes("/resolve/"))).toBe(false);
    await expectNothing();
  });
});
