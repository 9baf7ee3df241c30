// SPDX-License-Identifier: Apache-2.0
/** What can rot in the Dockerfile, compose.yaml, Caddyfile and .env.example, and in the page about them. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseCommandLine } from "../packages/registry/dist/command-line.js";
import { DEFAULT_PORT } from "../packages/registry/dist/options.js";

const root = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** `REGISTRY.HOST/name` and `host:5000/name` name a host; `node`, `versity/versitygw` do not. */
const NAMES_HOST = /^[^/]*[.:][^/]*\//;
const HAS_VERSION = /:v?\d[\w.-]*$/;

interface Instruction {
  name: string;
  text: string;
}

/** Lines that end in a backslash go on in the next. */
const instructions: Instruction[] = read("Dockerfile")
  .replace(/^#.*\n/gm, "")
  .replace(/\\\n/g, " ")
  .split("\n")
  .filter((line) => line.trim() !== "")
  .map((line) => /^(\w+)\s+(.*)$/.exec(line.trim()) as unknown as [string, string, string])
  .map(([, name, text]) => ({ name, text }));
const all = (name: string) => instructions.filter((each) => each.name === name).map(({ text }) => text);
const last = (name: string) => all(name).at(-1) ?? "";
const sources = all("COPY")
  .filter((text) => !text.startsWith("--from"))
  .flatMap((text) => text.split(" ").slice(0, -1));

describe("the Dockerfile", () => {
  it("starts from pinned images of no registry in particular", () => {
    for (const image of all("FROM").map((text) => text.split(" ")[0])) {
      expect(image).not.toMatch(NAMES_HOST);
      expect(image).toMatch(HAS_VERSION);
    }
  });

  it("copies what is there, and what .dockerignore lets through", () => {
    const ignored = read(".dockerignore").split("\n");
    expect(ignored).toContain("*");
    for (const path of sources) {
      expect(existsSync(join(root, path)), path).toBe(true);
      expect(ignored, path).toContain(`!${path.split("/")[0]}`);
    }
  });

  it("installs with the pnpm of the repository, and runs scripts that are there and copied", () => {
    const version = /PNPM_VERSION = "(.*)"/.exec(read("scripts/run.mjs"))?.[1];
    const commands = all("RUN").join(" ");
    expect(commands).toContain(`pnpm@${version} `);
    const scripts = [...commands.matchAll(/node (scripts\/\S+)/g)].map(([, path = ""]) => path);
    expect(scripts).toContain("scripts/assemble-registry.ts");
    for (const path of scripts) expect(existsSync(join(root, path)), path).toBe(true);
    expect(sources).toContain("scripts");
  });

  it("serves as another user than root, at the registry's own port, and asks that for its health", () => {
    expect(last("USER")).toBe("node");
    expect(last("EXPOSE")).toBe(String(DEFAULT_PORT));
    expect(last("HEALTHCHECK")).toContain(`http://127.0.0.1:${DEFAULT_PORT}/healthz`);
    expect(JSON.parse(last("ENTRYPOINT"))).toEqual(["node", "/app/bin/lora-registry.js"]);
    expect(parseCommandLine(JSON.parse(last("CMD")), {})).toMatchObject({
      kind: "serve",
      options: { host: "0.0.0.0", port: DEFAULT_PORT, dataDirectory: last("VOLUME") },
    });
  });
});

interface Service {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  volumes?: string[];
  networks: string[];
  healthcheck?: object;
  depends_on?: Record<string, { condition: string }>;
  read_only?: boolean;
  deploy?: { replicas: number };
}
const compose = parse(read("compose.yaml"), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  networks: Record<string, unknown>;
};
const services = Object.entries(compose.services);
const example = Object.fromEntries(
  read(".env.example")
    .split("\n")
    .filter((line) => /^\w+=/.test(line))
    .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
);

/** As compose does, with what .env.example has, and a word where it wants something to be filled in. */
function interpolate(text: string): string {
  return text.replace(/\$\{(\w+)(?::([?-])([^}]*))?\}/g, (_, name: string, operator, word) => {
    const value = example[name] ?? "";
    return value !== "" ? value : operator === "?" ? "filled" : (word ?? "");
  });
}
const environmentOf = ({ environment = {} }: Service) =>
  Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, interpolate(value)]));
const commandOf = ({ command = [] }: Service) => command.map(interpolate);

describe("compose.yaml", () => {
  it("starts pinned images of no registry in particular", () => {
    for (const [name, { image }] of services) {
      expect(image).not.toMatch(NAMES_HOST);
      if (!["registry", "migrate"].includes(name)) expect(image).toMatch(HAS_VERSION);
    }
  });

  it("names services, volumes and networks that it has, and waits for health that is looked at", () => {
    for (const [, { depends_on = {}, volumes = [], networks }] of services) {
      for (const [needed, { condition }] of Object.entries(depends_on)) {
        const service = compose.services[needed];
        expect(service, needed).toBeDefined();
        // The registry's is in its image.
        if (condition === "service_healthy" && needed !== "registry")
          expect(service?.healthcheck, needed).toBeDefined();
      }
      for (const volume of volumes) {
        const [from = ""] = volume.split(":");
        if (from.startsWith("./")) expect(existsSync(join(root, from)), from).toBe(true);
        else expect(Object.keys(compose.volumes)).toContain(from);
      }
      for (const network of networks) expect(Object.keys(compose.networks)).toContain(network);
    }
  });

  it("asks for nothing that .env.example does not have, and that for nothing else", () => {
    const asked = [...read("compose.yaml").matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
    expect([...new Set(asked)].sort()).toEqual(Object.keys(example).sort());
    expect(read(".gitignore").split("\n")).toContain(".env");
  });

  it("serves with two processes that change no schema, and migrates once before, with what the program reads", () => {
    const { registry, migrate } = compose.services as { registry: Service; migrate: Service };
    expect(registry.deploy?.replicas).toBe(2);
    expect(registry.depends_on?.migrate?.condition).toBe("service_completed_successfully");
    expect(environmentOf(migrate)).toEqual(environmentOf(registry));
    for (const name of Object.keys(environmentOf(registry))) expect(VARIABLES).toContain(name);
    expect(parseCommandLine(commandOf(registry), environmentOf(registry))).toMatchObject({
      kind: "serve",
      options: {
        host: "0.0.0.0",
        port: DEFAULT_PORT,
        origin: "http://localhost:8719",
        databaseUrl: "postgres://lora:filled@postgres:5432/lora",
        s3: { bucket: "lora", endpoint: "http://s3:7070", isProxied: true },
        isMigrating: false,
        access: { trustedProxies: 1, signUp: "closed" },
      },
    });
    expect(parseCommandLine(commandOf(migrate), environmentOf(migrate))).toMatchObject({ kind: "migrate" });
    for (const service of [registry, migrate]) expect(service.read_only).toBe(true);
  });

  it("gives the S3 the keys and the region that the registry has, and the proxy the registry's port", () => {
    const s3 = environmentOf(compose.services.s3 as Service);
    const registry = environmentOf(compose.services.registry as Service);
    expect(s3.ROOT_ACCESS_KEY_ID).toBe(registry.AWS_ACCESS_KEY_ID);
    expect(s3.ROOT_SECRET_ACCESS_KEY).toBe(registry.AWS_SECRET_ACCESS_KEY);
    expect(s3.VGW_REGION).toBe(registry.AWS_REGION);
    expect(registry.S3_ENDPOINT).toBe(`http://s3${s3.VGW_PORT}`);
    expect(read("Caddyfile")).toContain(`dynamic a registry ${DEFAULT_PORT} {`);
  });
});

/** What the program reads of its environment, by its source; and what the S3 client does. */
const VARIABLES = [
  ...new Set([
    "AWS_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    ...globSync("packages/registry/src/**/*.ts", { cwd: root })
      .filter((path) => !path.endsWith(".test.ts"))
      .flatMap((path) => read(path).match(/\b(?:LORA|S3)_[A-Z]+(?:_[A-Z]+)*\b|\bDATABASE_URL\b/g) ?? []),
  ]),
];

describe("docs/operating.md", () => {
  const rows = read("docs/operating.md").match(/^\| `[A-Z][^|]*\|/gm) ?? [];
  const documented = rows.flatMap((row) => row.match(/[A-Z][A-Z0-9_]+/g) ?? []);

  it("has every variable of the environment, and none that is not read", () => {
    // `LORA_REGISTRY` is the command line's; it stands in what the registry prints.
    expect(documented.sort()).toEqual(VARIABLES.filter((name) => name !== "LORA_REGISTRY").sort());
  });

  it("names every metric of the registry", () => {
    const metrics = globSync("packages/registry/src/metrics/*.ts", { cwd: root }).flatMap(
      (path) => read(path).match(/"lora_\w+"/g) ?? [],
    );
    expect(metrics.length).toBeGreaterThan(3);
    for (const name of metrics) expect(read("docs/operating.md")).toContain(`\`${name.slice(1, -1)}\``);
  });

  it("has a section for each command of the operator", () => {
    const commands = ["backup", "restore", "gc", "takedown", "export", "migrate", "webhook"];
    for (const name of commands)
      expect(read("docs/operating.md")).toMatch(new RegExp(`^lora-registry ${name} `, "m"));
  });
});
