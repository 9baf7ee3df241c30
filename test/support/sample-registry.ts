// SPDX-License-Identifier: Apache-2.0
/** The registry of `pnpm catalog`, at a port of its own. */
import {
  openSampleRegistry as openAt,
  SAMPLE_TOKEN,
} from "../../packages/registry/dist/test/sample-catalog/index.js";

export interface SampleRegistry {
  url: string;
  /** What it calls itself, which is not where it listens. */
  origin: string;
  adminToken: string;
  close(): Promise<void>;
}

/** What it calls itself is in every release, so that it is filled once for all tests; it listens at a free port. */
const ORIGIN = "http://catalog.test";

/** What the first opening may take on a busy machine: everything is published and checked. The others take a second. */
export const FILLING_MS = 240_000;

export async function openSampleRegistry(): Promise<SampleRegistry> {
  const { url, close } = await openAt({ port: 0, origin: ORIGIN });
  return { url, origin: ORIGIN, adminToken: SAMPLE_TOKEN, close };
}
