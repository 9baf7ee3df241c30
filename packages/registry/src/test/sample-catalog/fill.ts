// SPDX-License-Identifier: Apache-2.0
/** Fills a registry with the sample, by its own API: everything in it was published, signed and checked. */
import { generateSigningKey, type SigningKey } from "@lora/client/signing";
import type { Api } from "../publisher.ts";
import { fixture, knowBase, publish, tinySayBase, upperEntry } from "../publisher.ts";
import { sampleAdapter } from "./adapters.ts";
import { fingerprintSample, SAMPLE_BASES } from "./bases.ts";
import { SAMPLE_PACKAGES, type SamplePackage } from "./packages.ts";
import { sampleReadme } from "./readme.ts";

/** Enough for a look around, few enough to come in seconds. */
const TARGETS = ["attn_q", "attn_v"];

export async function fillSample(api: Api, origin: string): Promise<void> {
  const fingerprints = new Map<string, string>();
  for (const [key, sample] of Object.entries(SAMPLE_BASES)) {
    const { fingerprint, record } = await fingerprintSample(key, sample);
    await must(api.send("PUT", `/api/v1/bases/${fingerprint}`, record));
    fingerprints.set(key, fingerprint);
  }
  await knowBase(api);
  const byScope = Map.groupBy(SAMPLE_PACKAGES, ({ name }) => name.slice(0, name.indexOf("/")));
  await Promise.all(
    [...byScope].map(async ([scope, packages]) => {
      const key = await createScope(api, scope);
      for (const sample of packages) await publishSample(api, key, origin, sample, fingerprints);
    }),
  );
  await publishTinySay(api, origin);
}

async function publishSample(
  api: Api,
  key: SigningKey,
  origin: string,
  sample: SamplePackage,
  fingerprints: ReadonlyMap<string, string>,
): Promise<void> {
  const { name, description, keywords, license, bases, rank, versions } = sample;
  for (const [i, version] of versions.entries()) {
    const files: Record<string, Uint8Array> = { "README.md": new TextEncoder().encode(sampleReadme(sample)) };
    const adapters = bases.map((key) => {
      const base = SAMPLE_BASES[key];
      if (base === undefined) throw new Error(`there is no sample base ${key}`);
      const file = `${key}.r${rank}.gguf`;
      files[file] = sampleAdapter(`${name} ${key}`, i, base, { rank, targets: TARGETS });
      const fingerprint = fingerprints.get(key);
      return {
        file,
        format: "gguf",
        base: { name: base.name, fingerprint },
        rank,
        alpha: rank * 2,
        targets: TARGETS,
      };
    });
    const { answer } = await publish(api, key, {
      name,
      version,
      files,
      manifest: {
        registry: origin,
        description,
        keywords,
        license,
        readme: "README.md",
        repository: `https://example.com/${name.slice(1)}`,
        ...(adapters.length === 0 ? {} : { adapters }),
        ...needs(sample),
      },
    });
    if (answer.status !== 201) throw new Error(`${name} ${version}: ${JSON.stringify(answer.body)}`);
  }
  for (const [version, message] of Object.entries(sample.deprecated ?? {})) {
    await must(api.send("PUT", `/api/v1/packages/${name}/versions/${version}/deprecation`, { message }));
  }
  for (const [version, reason] of Object.entries(sample.yanked ?? {})) {
    await must(api.send("PUT", `/api/v1/packages/${name}/versions/${version}/yank`, { reason }));
  }
}

function needs({ dependencies, optional, conflicts }: SamplePackage) {
  return {
    ...(dependencies === undefined ? {} : { dependencies }),
    ...(optional === undefined ? {} : { optionalDependencies: optional }),
    ...(conflicts === undefined ? {} : { conflicts }),
  };
}

/** The abilities that really do what they say. */
async function publishTinySay(api: Api, origin: string): Promise<void> {
  const key = await createScope(api, "@demo");
  const { fingerprint } = await tinySayBase();
  const told: Record<string, [string, Record<string, unknown>]> = {
    upper: ["Answers in capitals", await upperEntry()],
    shout: [
      "Three exclamation marks at the end",
      {
        file: "shout.gguf",
        format: "gguf",
        rank: 4,
        alpha: 8,
        targets: ["attn_output", "attn_q", "attn_v", "ffn_down"],
      },
    ],
  };
  for (const [name, [description, entry]] of Object.entries(told)) {
    const file = `${name}.gguf`;
    await must(
      publish(api, key, {
        name: `@demo/${name}`,
        files: { [file]: await fixture(`v1/${file}`) },
        manifest: {
          registry: origin,
          description,
          license: "Apache-2.0",
          keywords: ["demo", "tiny-say"],
          adapters: [{ ...entry, base: { name: "tiny-say v1", fingerprint } }],
          examples: [
            {
              prompt: "say: hello\n",
              expect: { contains: name === "upper" ? "HELLO" : "!!!" },
              stop: ["\n"],
            },
          ],
        },
      }).then(({ answer }) => answer),
    );
  }
  await must(
    publish(api, key, {
      name: "@demo/loud",
      manifest: {
        registry: origin,
        description: "Capitals, and loud",
        license: "Apache-2.0",
        dependencies: { "@demo/upper": "^1", "@demo/shout": "^1" },
      },
    }).then(({ answer }) => answer),
  );
}

async function createScope(api: Api, scope: string): Promise<SigningKey> {
  const key = await generateSigningKey();
  await must(api.send("POST", "/api/v1/scopes", { scope, publicKeyPem: key.publicPem }));
  return key;
}

async function must(answer: Promise<{ status: number; body: unknown }>): Promise<void> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`);
}
