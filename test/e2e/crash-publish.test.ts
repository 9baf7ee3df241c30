// SPDX-License-Identifier: Apache-2.0
/** `kill -9` of the registry at random moments: what was acknowledged is whole, and nothing half is visible. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parsePackageIndex } from "@lora/client/documents";
import { parseVersion } from "@lora/client/versions";
import { expect, it, onTestFinished } from "vitest";
import { createProject, createWorkplace, publishAbility } from "../support/publishing.ts";
import { startTestRegistry } from "../support/registry.ts";

const KILLS = 20;

it("a registry killed during a publish loses no acknowledged version and shows no half one", async () => {
  const dataDirectory = await mkdtemp(join(tmpdir(), "lora-crash-"));
  onTestFinished(() => rm(dataDirectory, { recursive: true, force: true }));
  const origin = ["--origin", "https://registry.test"];
  await using workplace = await createWorkplace({ dataDirectory, args: origin });
  const { sandbox } = workplace;
  let { registry } = workplace;
  const started = performance.now();
  await publishAbility(sandbox, { name: "@demo/upper", ability: "upper", version: "1.0.0" });
  const wholeMs = performance.now() - started;
  const acknowledged = ["1.0.0"];
  for (let i = 1; i <= KILLS; i++) {
    const version = `1.${i}.0`;
    const publish = publishAbility(sandbox, { name: "@demo/upper", ability: "upper", version }).then(
      () => true,
      () => false,
    );
    await sleep(wholeMs * (0.3 + 0.7 * Math.random()));
    await registry.kill();
    const port = Number(new URL(registry.url).port);
    registry = await startTestRegistry({ dataDirectory, port, args: origin });
    const wasAcknowledged = await publish;
    if (wasAcknowledged) acknowledged.push(version);
    const visible = Object.keys((await sandbox.json(["info", "@demo/upper"])).versions);
    expect(visible).toEqual(expect.arrayContaining(acknowledged));
    for (const shown of visible) expect(await readRelease(registry.url, shown)).toBe("whole");
    await publishAbility(sandbox, { name: "@demo/upper", ability: "upper", version });
    if (!wasAcknowledged) acknowledged.push(version);
  }
  await createProject(sandbox, "project");
  const { packages } = await sandbox.json(["install", "@demo/upper"], { cwd: "project" });
  expect(packages["@demo/upper"].version).toBe(`1.${KILLS}.0`);
  expect(Object.keys((await sandbox.json(["info", "@demo/upper"])).versions).sort()).toEqual(
    acknowledged.sort(),
  );
  await registry.stop();
}, 300_000);

/** Whether everything that an install of a version reads is there. */
async function readRelease(url: string, version: string): Promise<string> {
  const paths = [
    `/versions/@demo/upper/${version}/lora.json`,
    `/versions/@demo/upper/${version}/signature.json`,
  ];
  const index = parsePackageIndex(await (await fetch(`${url}/index/@demo/upper.json`)).text(), url);
  for (const { sha256 } of index.versions[parseVersion(version)]?.adapters ?? [])
    paths.push(`/blobs/sha256/${sha256}`);
  for (const path of paths) {
    const { status } = await fetch(`${url}${path}`);
    if (status !== 200) return `${path}: ${status}`;
  }
  return "whole";
}
