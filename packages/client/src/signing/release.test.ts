// SPDX-License-Identifier: Apache-2.0
import { createPublicKey } from "node:crypto";
import { bundleFromJSON } from "@sigstore/bundle";
import { toSignedEntity, Verifier } from "@sigstore/verify";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { sha256Of } from "../digest.ts";
import { LoraError } from "../errors.ts";
import { parseFileName, parsePackageName } from "../names.ts";
import { preAuthenticationEncoding } from "./dsse.ts";
import { derToRaw, rawToDer } from "./ecdsa-der.ts";
import { generateSigningKey, importPublicKey, importSigningKey, type SigningKey } from "./keys.ts";
import { signRelease, verifyReleaseBundle } from "./release.ts";
import { formatStatement, parseStatement, type ReleaseFile } from "./statement.ts";

const name = parsePackageName("@acme/sql");
const files: ReleaseFile[] = [
  { name: parseFileName("lora.json"), sha256: sha256Of("manifest"), sizeBytes: 8 },
  { name: parseFileName("adapter.gguf"), sha256: sha256Of("weights"), sizeBytes: 7 },
];
const utf8 = new TextEncoder();

describe("the pre-authentication encoding", () => {
  it("is that of DSSE's own test vector", () => {
    const encoded = preAuthenticationEncoding("http://example.com/HelloWorld", utf8.encode("hello world"));
    expect(new TextDecoder().decode(encoded)).toBe("DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  });

  it("counts bytes, not characters", () => {
    expect(new TextDecoder().decode(preAuthenticationEncoding("é", utf8.encode("→")))).toBe("DSSEv1 2 é 3 →");
  });
});

describe("signing keys", () => {
  it("names a key by the sha256 of its PEM, as openssl and Node write it", async () => {
    const key = await generateSigningKey();
    const pem = createPublicKey(key.privatePem).export({ type: "spki", format: "pem" }).toString();
    expect(key.publicPem).toBe(pem);
    expect(key.keyId).toBe(sha256Of(pem));
    expect((await importSigningKey(key.privatePem)).keyId).toBe(key.keyId);
  });

  it("gives one id to a key whatever line ends its PEM came with", async () => {
    const key = await generateSigningKey();
    expect((await importPublicKey(`${key.publicPem.replaceAll("\n", "\r\n")}\n`)).keyId).toBe(key.keyId);
  });

  it.each([
    ["nothing", ""],
    ["text", "hello"],
    ["a certificate's label", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
    ["bytes that are no key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"],
    [
      "an Ed25519 key",
      "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n",
    ],
  ])("refuses %s", async (_what, pem) => {
    await expect(importPublicKey(pem)).rejects.toMatchObject({ code: "KEY_INVALID" });
    await expect(importSigningKey(pem)).rejects.toMatchObject({ code: "KEY_INVALID" });
  });
});

describe("DER signatures", () => {
  it("come back from raw and forth", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (raw) => {
        expect(derToRaw(rawToDer(raw))).toEqual(raw);
      }),
    );
  });

  it("have one spelling only: whatever decodes encodes to the same bytes", () => {
    const almost = fc.uint8Array({ minLength: 64, maxLength: 64 }).chain((raw) =>
      fc.tuple(fc.nat(71), fc.nat(255)).map(([at, value]) => {
        const der = rawToDer(raw);
        der[at % der.length] = value;
        return der;
      }),
    );
    fc.assert(
      fc.property(fc.oneof(almost, fc.uint8Array({ maxLength: 80 })), (der) => {
        const raw = derToRaw(der);
        if (raw !== undefined) expect(rawToDer(raw)).toEqual(der);
      }),
    );
  });
});

describe("a release bundle", () => {
  let key: SigningKey;
  let bundle: string;
  let id: string;
  beforeAll(async () => {
    key = await generateSigningKey();
    ({ bundle, id } = await signRelease({ name, files, privatePem: key.privatePem }));
  });
  const keys = () => [{ keyId: key.keyId, pem: key.publicPem }];

  it("says who signed which files", async () => {
    expect(await verifyReleaseBundle(bundle, keys())).toEqual({
      id,
      keyId: key.keyId,
      bareName: "sql",
      files: [files[1], files[0]],
    });
  });

  it("is accepted by sigstore's own verifier", () => {
    const verifier = new Verifier(
      {
        certificateAuthorities: [],
        timestampAuthorities: [],
        tlogs: [],
        ctlogs: [],
        publicKey: () => ({ publicKey: createPublicKey(key.publicPem), validFor: () => true }),
      },
      { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 },
    );
    expect(() => verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(bundle))))).not.toThrow();
  });

  it("is refused after any change of any single byte", async () => {
    const bytes = utf8.encode(bundle);
    const accepted: number[] = [];
    for (let at = 0; at < bytes.length; at++) {
      const mutated = bytes.slice();
      mutated[at] = (mutated[at] as number) ^ (1 << (at % 7));
      const outcome = await verifyReleaseBundle(mutated, keys()).catch((error: unknown) => error);
      if (!(outcome instanceof LoraError)) accepted.push(at);
    }
    expect(accepted).toEqual([]);
  });

  it("is refused under another key, and under another key that claims its id", async () => {
    const other = await generateSigningKey();
    const offered = [{ keyId: other.keyId, pem: other.publicPem }];
    await expect(verifyReleaseBundle(bundle, offered)).rejects.toMatchObject({ code: "KEY_UNKNOWN" });
    const disguised = [{ keyId: key.keyId, pem: other.publicPem }];
    await expect(verifyReleaseBundle(bundle, disguised)).rejects.toMatchObject({ code: "KEY_INVALID" });
  });

  it.each([
    ["another log entry", (b: string) => b.replace('"tlogEntries":[]', '"tlogEntries":[{}]')],
    [
      "a second signature",
      (b: string) => b.replace('"signatures":[', '"signatures":[{"sig":"","keyid":""},'),
    ],
    ["a repeated key", (b: string) => b.replace('{"mediaType"', '{"mediaType":"x","mediaType"')],
    ["an unknown key", (b: string) => b.replace('{"mediaType"', '{"extra":1,"mediaType"')],
    ["no JSON", () => "{"],
    ["more than it may hold", (b: string) => b + " ".repeat(256 * 1024)],
  ])("is refused with %s", async (_what, change) => {
    await expect(verifyReleaseBundle(change(bundle), keys())).rejects.toMatchObject({
      code: "BUNDLE_INVALID",
    });
  });
});

describe("a signed statement", () => {
  const text = () => new TextDecoder().decode(formatStatement("sql", files));
  it.each([
    ["files out of order", (s: string) => s.replace('"name":"adapter.gguf"', '"name":"z.gguf"')],
    ["a file twice", (s: string) => s.replace('"name":"adapter.gguf"', '"name":"lora.json"')],
    ["a path for a name", (s: string) => s.replace("adapter.gguf", "../evil.gguf")],
    ["another digest", (s: string) => s.replace(sha256Of("weights"), sha256Of("other"))],
    ["another method", (s: string) => s.replace('"method":"files"', '"method":"shards"')],
    [
      "two subjects",
      (s: string) => s.replace('"subject":[', '"subject":[{"name":"a","digest":{"sha256":"b"}},'),
    ],
    ["a repeated key", (s: string) => s.replace('{"_type"', '{"_type":"x","_type"')],
  ])("is refused with %s", (_what, change) => {
    const changed = change(text());
    expect(changed).not.toBe(text());
    expect(() => parseStatement(utf8.encode(changed))).toThrow(LoraError);
  });

  it("throws nothing but a LoraError for random bytes", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((j) => utf8.encode(j)),
        ),
        (bytes) => {
          expect(() => parseStatement(bytes)).toThrow(LoraError);
        },
      ),
    );
  });
});
