// SPDX-License-Identifier: Apache-2.0
/**
 * Every failure that a user can cause or meet has a code in this one table. `docs/errors.md` is generated from it.
 * Anything thrown that is no LoraError is a bug of ours: the CLI exits with 70, the registry answers a bare 500.
 */

/** One row of the table: HTTP status of the registry's answer, exit status of the CLI (sysexits.h), and its meaning. */
export interface ErrorKind {
  readonly httpStatus: number;
  readonly exitStatus: number;
  readonly meaning: string;
}

const row = (httpStatus: number, exitStatus: number, meaning: string): ErrorKind => ({
  httpStatus,
  exitStatus,
  meaning,
});

export const ERROR_KINDS = {
  USAGE: row(400, 64, "The command line or the request does not have the form that its help describes."),
  NAME_INVALID: row(400, 64, "A package, scope or file name breaks the grammar of names."),
  VERSION_INVALID: row(400, 64, "A version or a range is not semver."),
  JSON_INVALID: row(400, 65, "A file or a request body is not JSON, or repeats a key."),
  MANIFEST_INVALID: row(422, 65, "lora.json does not match its schema."),
  LOCKFILE_INVALID: row(422, 65, "lora-lock.json was broken by hand, by a merge, or by a newer lora."),
  FILE_NOT_FOUND: row(404, 66, "A file that was named does not exist."),
  PROJECT_NOT_FOUND: row(404, 66, "There is no lora.json of a project here."),
  PROJECT_EXISTS: row(409, 73, "There is a lora.json here already."),
  LOCKFILE_OUTDATED: row(409, 65, "The lockfile does not answer lora.json, and may not be changed here."),
  STACK_STALE: row(409, 65, "lora.json or the lockfile changed since the last install."),

  GGUF_INVALID: row(422, 65, "The file is not well-formed GGUF."),
  GGUF_LIMIT: row(422, 65, "The GGUF file crosses a limit of the strict validator."),
  SAFETENSORS_INVALID: row(422, 65, "The file is not well-formed safetensors."),
  SAFETENSORS_LIMIT: row(422, 65, "The safetensors file crosses a limit of the strict reader."),
  PICKLE_REFUSED: row(422, 65, "The file is a Python pickle, which can run code when it is opened."),
  PEFT_INVALID: row(422, 65, "The directory is not a PEFT adapter, or contradicts itself."),
  BASE_CONFIG_INVALID: row(422, 65, "A base's config.json lacks what a conversion must know."),
  PEFT_UNSUPPORTED: row(422, 65, "The adapter cannot be converted without changing what it does."),
  ADAPTER_INVALID: row(422, 65, "The GGUF file is not a LoRA adapter that a runtime may load."),
  ADAPTER_MISMATCH: row(422, 65, "An adapter file and what lora.json says of it differ."),
  BASE_UNFIT: row(422, 65, "An adapter's tensors do not fit the shapes of its base."),
  BASE_UNKNOWN: row(422, 65, "The registry has no record of this base."),
  BASE_AMBIGUOUS: row(409, 65, "Several bases have the name; a fingerprint says which is meant."),
  BASES_DIFFER: row(409, 65, "Two bases are not the same one, saved in two precisions."),
  NORMS_MISMATCH: row(422, 65, "Norms that were sent are not those that the base's fingerprint was made of."),
  BASE_RECORD_INVALID: row(422, 65, "A base record contradicts its fingerprint."),
  TOKENIZER_INVALID: row(422, 65, "A base's tokenizer files are malformed, or contradict each other."),
  FINGERPRINT_IMPOSSIBLE: row(422, 65, "A fingerprint cannot be taken of this file."),

  BASE_MISMATCH: row(409, 65, "The ability was built for another base than this model."),
  RANK_TOO_HIGH: row(409, 65, "The ability's rank is above what this project or its runtime takes."),
  NO_SOLUTION: row(409, 65, "No set of versions meets every requirement."),

  PACKAGE_NOT_FOUND: row(404, 66, "The registry has no such package."),
  VERSION_NOT_FOUND: row(404, 66, "The package has no such version."),
  SCOPE_NOT_FOUND: row(404, 66, "The registry has no such scope."),
  NOT_FOUND: row(404, 66, "The registry has nothing at this path."),
  METHOD_NOT_ALLOWED: row(405, 64, "The registry has something at this path, which takes other methods."),
  NOT_INSTALLED: row(404, 66, "The project does not have this ability installed."),
  VERSION_EXISTS: row(409, 73, "This version was published before; versions never change."),
  VERSION_YANKED: row(409, 65, "The version is yanked: nothing may lead to it anew."),
  VERSION_HIDDEN: row(409, 65, "A version that was published is no longer shown by the registry."),
  VERSION_SWAPPED: row(
    409,
    65,
    "A version is not what was published under it before; versions never change.",
  ),
  VERSION_TAKEN_DOWN: row(410, 65, "The registry took the version down: it may not be installed."),
  SCOPE_EXISTS: row(409, 73, "The scope exists already."),
  SCOPE_TOO_SIMILAR: row(409, 73, "The scope's name is too close to that of another scope."),

  DIGEST_MISMATCH: row(422, 65, "Bytes do not have the sha256 that was signed or announced for them."),
  SIZE_MISMATCH: row(422, 65, "A file is shorter or longer than its signed size."),
  MANIFEST_TAMPERED: row(422, 65, "The lora.json of a release is not the one that its author signed."),
  INSTALL_CORRUPT: row(409, 65, "A file in .lora/ is no longer what was installed."),
  STORE_CORRUPT: row(500, 74, "A file in the local store is no longer what was stored."),
  SIGNATURE_INVALID: row(422, 65, "The signature does not verify with the key that it names."),
  BUNDLE_INVALID: row(422, 65, "The signature bundle is not a well-formed release bundle."),
  RELEASE_MISMATCH: row(
    422,
    65,
    "A signed release is not the package, version or registry that was asked for.",
  ),
  KEY_UNKNOWN: row(422, 65, "The release is signed by a key that its scope does not have."),
  KEY_CHANGED: row(409, 65, "The release is signed by another key than the one this project has pinned."),
  KEY_INVALID: row(422, 65, "A key is not an ECDSA P-256 key in PEM."),
  KEY_REVOKED: row(422, 65, "The release was signed by a key after it had been revoked."),
  KEY_NOT_YET_VALID: row(403, 77, "A key that the registry gave to a scope may not sign yet."),
  KEY_RESET: row(409, 65, "The registry gave the scope a new key that none of its own vouched for."),
  KEY_STATEMENT_INVALID: row(
    422,
    65,
    "The statement for a further key is malformed, or is for something else.",
  ),
  KEY_NOT_FOUND: row(404, 66, "There is no signing key for the scope on this machine."),
  KEY_LOCKED: row(403, 77, "A signing key is locked with a passphrase, and that is missing or wrong."),

  CHECKPOINT_INVALID: row(
    422,
    65,
    "The log's checkpoint is malformed, or a signature on it by a known key is wrong.",
  ),
  CHECKPOINT_UNTRUSTED: row(422, 65, "The checkpoint is not signed by a log that the policy names."),
  COSIGNATURES_MISSING: row(422, 65, "The checkpoint lacks cosignatures that the policy asks for."),
  LOG_MISSING: row(502, 76, "The registry has no transparency log."),
  LOG_KEY_CHANGED: row(409, 65, "The registry's log has another key than the one that was pinned for it."),
  LOG_ROLLED_BACK: row(409, 65, "An older state of the log was confirmed after a newer one had been shown."),
  LOG_BEHIND: row(
    503,
    75,
    "The log is smaller than it was before, and the mirror cannot prove that it is a beginning of it.",
  ),
  LOG_INCONSISTENT: row(409, 65, "The log contradicts what it showed before: it signed two histories."),
  LOG_HALTED: row(
    503,
    75,
    "The registry's log does not continue what it signed before; it signs nothing until its operator has looked.",
  ),
  LOG_STALE: row(503, 75, "The log has not been confirmed to be the newest for too long."),
  LOG_TILE_INVALID: row(422, 65, "A file of the log is not what its checkpoint commits to."),
  LOG_ENTRY_INVALID: row(422, 65, "An entry of the log is not one that this version of lora knows."),
  LOG_KEY_INVALID: row(422, 65, "A log's or witness's key is not a key of the form name+id+base64."),
  LOG_POLICY_INVALID: row(422, 65, "The policy file of the log is malformed."),
  RECEIPT_INVALID: row(422, 65, "A receipt is malformed, or does not prove that its entry is in the log."),
  RECEIPT_MISMATCH: row(422, 65, "A receipt is for something else than what was asked for."),

  UNAUTHENTICATED: row(401, 77, "The request needs a token, or its token is unknown, revoked or expired."),
  FORBIDDEN: row(403, 77, "The token does not allow this."),
  LOGIN_REFUSED: row(403, 77, "The login was refused, or nobody approved it in time."),
  OIDC_REFUSED: row(403, 77, "A CI system's token is not one that may publish this package."),
  ACCOUNT_NOT_FOUND: row(404, 66, "The registry has no such account or organisation."),
  NAME_TAKEN: row(409, 73, "An account or organisation has this name already."),
  LAST_OWNER: row(409, 65, "Nobody would be left who owns this."),
  PAYLOAD_TOO_LARGE: row(413, 65, "The request is larger than the registry takes."),
  RATE_LIMITED: row(429, 75, "Too many requests came from one client; later ones may work."),
  QUOTA_EXCEEDED: row(403, 77, "A scope or an account has as much as this registry gives it."),
  REQUEST_TIMEOUT: row(408, 75, "The request came too slowly."),
  UPLOAD_MISSING: row(409, 65, "A file of the release was not uploaded."),

  REGISTRY_UNREACHABLE: row(503, 69, "The registry does not answer."),
  REGISTRY_PROTOCOL: row(502, 76, "The registry's answer is not what the protocol says."),
  OFFLINE: row(503, 69, "The network was needed and is forbidden by --offline."),
  SERVICE_UNAVAILABLE: row(503, 75, "The registry cannot do this now; trying again later may work."),
  WEBHOOK_FAILED: row(502, 69, "The receiver of a webhook did not take what was sent to it."),
  SCHEMA_OUTDATED: row(503, 78, "The database lacks migrations that this version of the registry needs."),
  MIGRATION_FAILED: row(500, 70, "A migration could not be applied; the database is as it was."),

  HUB_UNREACHABLE: row(503, 69, "The hub that an adapter is imported from does not answer."),
  HUB_PROTOCOL: row(502, 76, "The hub's answer is not what its API says."),
  HUB_FORBIDDEN: row(403, 77, "The hub does not show the repository to everybody, or not with this token."),
  HUB_NOT_FOUND: row(404, 66, "The hub has no such repository, revision or file."),

  RUNTIME_NOT_FOUND: row(503, 69, "No llama.cpp was found on this machine."),
  ABILITY_FAILED: row(422, 65, "An ability does not do what its own examples say."),
  PROMPT_TOO_LONG: row(400, 65, "The prompt has more tokens than the context has room for."),
  RUNTIME_FAILED: row(502, 69, "The runtime ended, or answered with an error."),

  DATA_LOCKED: row(423, 75, "Another process uses the directory."),
  DISK_FULL: row(507, 74, "No space is left on the disk."),
  PERMISSION_DENIED: row(500, 77, "The operating system refused access to a file."),
  IO_FAILED: row(500, 74, "Reading or writing a file failed."),
  INTERNAL: row(500, 70, "A bug in lora."),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;

export interface LoraErrorOptions extends ErrorOptions {
  /** One imperative step that works. Left out where there is none. */
  hint?: string;
  /** JSON-serialisable facts for programs: the values that were compared, the path, the limit. */
  details?: Record<string, unknown>;
}

/** A failure of the user's, of their input, or of the world: never of our own logic. */
export class LoraError extends Error {
  override readonly name = "LoraError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, message: string, options: LoraErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
  }

  get kind(): ErrorKind {
    return ERROR_KINDS[this.code];
  }

  /** The wire and `--json` form: `{code, message, hint?, details?}`. */
  toJSON(): { code: ErrorCode; message: string; hint?: string; details?: Record<string, unknown> } {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_KINDS, text);
}
