// SPDX-License-Identifier: Apache-2.0
/** A big file brought to the registry's blob store in parts, several at a time, each repeated on its own. */
import type { Sha256 } from "../digest.ts";
import type { MissingBlob } from "../documents/index.ts";
import { LoraError } from "../errors.ts";
import type { RegistryClient } from "../registry-client/index.ts";

const PARTS_AT_ONCE = 4;
/** Asked for together. They hold for minutes: on a slow line the last ones are asked for again. */
const URLS_AT_ONCE = 16;
const MAX_PARTS = 10_000;
/** Of one part, in a row. What else goes wrong on the way is repeated below, in `uploadPart`. */
const MAX_REFUSALS = 3;

export interface PartedFile {
  sha256: Sha256;
  sizeBytes: number;
  /** `end` is exclusive. */
  open(start: number, end: number): RequestInit["body"];
}

/**
 * Sends the parts that are not there, and has the registry put them together.
 * @param onSent for each part, its length
 * @returns `gone` where the upload was ended meanwhile, by another client that brought the same file or by age: what is
 *   missing is to be asked for again
 * @throws LoraError DIGEST_MISMATCH when the file changed on the way, REGISTRY_UNREACHABLE, REGISTRY_PROTOCOL
 */
export async function uploadInParts(
  registry: RegistryClient,
  { uploadId, partBytes, present }: NonNullable<MissingBlob["parts"]>,
  file: PartedFile,
  onSent: (sizeBytes: number) => void,
): Promise<"done" | "gone"> {
  const { sha256, sizeBytes } = file;
  const count = Math.ceil(sizeBytes / partBytes);
  if (count > MAX_PARTS) {
    throw new LoraError(
      "REGISTRY_PROTOCOL",
      `the registry asks for ${sha256} in ${count} parts, and no S3 takes more than ${MAX_PARTS}`,
    );
  }
  const isPresent = new Set(present);
  const numbers = Array.from({ length: count }, (_, i) => i + 1);
  const queue = numbers.filter((number) => !isPresent.has(number));
  const targets = partTargets(registry, file, uploadId, [...queue]);
  let stopped: "gone" | undefined;

  const send = async (number: number): Promise<void> => {
    const start = (number - 1) * partBytes;
    const end = Math.min(start + partBytes, sizeBytes);
    for (let refusals = 0; refusals < MAX_REFUSALS; refusals++) {
      const target = await targets.take(number);
      const outcome = await registry.uploadPart(target, end - start, () => file.open(start, end));
      if (outcome === "done") return onSent(end - start);
      if (outcome === "gone") {
        stopped = "gone";
        return;
      }
      targets.forget();
    }
    throw new LoraError(
      "REGISTRY_PROTOCOL",
      `the registry's blob store refuses part ${number} of ${sha256}, whatever URL the registry gives for it`,
      { hint: "check this machine's clock: such a URL holds for minutes" },
    );
  };
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined && stopped === undefined; next = queue.shift()) {
      try {
        await send(next);
      } catch (error) {
        // Nobody begins another part; those under way end by themselves.
        queue.length = 0;
        throw error;
      }
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: PARTS_AT_ONCE }, work));
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  if (stopped !== undefined) return stopped;
  try {
    await registry.completeUpload(sha256, { sizeBytes, uploadId });
  } catch (error) {
    if (error instanceof LoraError && error.code === "UPLOAD_MISSING") return "gone";
    throw error;
  }
  return "done";
}

/** URLs for parts, asked for as they are needed, some ahead. @param numbers of all that are to be sent, in their order */
function partTargets(
  registry: RegistryClient,
  { sha256, sizeBytes }: PartedFile,
  uploadId: string,
  numbers: readonly number[],
) {
  type Target = Awaited<ReturnType<RegistryClient["presignParts"]>>["parts"][number];
  let asked = new Map<number, Promise<Map<number, Target>>>();
  return {
    async take(number: number): Promise<Target> {
      const known = asked.get(number) ?? ask(number);
      const target = (await known).get(number);
      if (target !== undefined) return target;
      throw new LoraError("REGISTRY_PROTOCOL", `the registry gave no URL for part ${number} of ${sha256}`);
    },
    /** All of them are as old as the one that was refused. */
    forget() {
      asked = new Map();
    },
  };

  function ask(number: number): Promise<Map<number, Target>> {
    const from = numbers.indexOf(number);
    const wanted = numbers.slice(from, from + URLS_AT_ONCE).filter((each) => !asked.has(each));
    const answer = registry
      .presignParts(sha256, { sizeBytes, uploadId, numbers: wanted })
      .then(({ parts }) => new Map(parts.map((part) => [part.number, part])));
    for (const each of wanted) asked.set(each, answer);
    return answer;
  }
}
