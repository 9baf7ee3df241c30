// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../errors.ts";

/** What the operating system said about a file, as an error that names the file and the way out. */
export function fileError(cause: unknown, action: "read" | "write" | "link", path: string): unknown {
  if (cause instanceof LoraError || !(cause instanceof Error) || !("code" in cause)) return cause;
  const details = { path, systemError: cause.code };
  switch (cause.code) {
    case "ENOENT":
      return new LoraError("FILE_NOT_FOUND", `there is no file ${path}`, { details, cause });
    case "ENOSPC":
    case "EDQUOT":
      return new LoraError("DISK_FULL", `no space is left to ${action} ${path}`, { details, cause });
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new LoraError("PERMISSION_DENIED", `the system does not let you ${action} ${path}`, {
        details,
        cause,
      });
    case "ENOTDIR":
    case "EISDIR": {
      const what = cause.code === "EISDIR" ? "it is a directory" : "a part of the path is no directory";
      return new LoraError("IO_FAILED", `cannot ${action} ${path}: ${what}`, { details, cause });
    }
    default:
      return new LoraError("IO_FAILED", `cannot ${action} ${path}: ${String(cause.code)}`, {
        details,
        cause,
      });
  }
}

/** For `catch` where a missing file is an answer. */
export function ignoreMissing(cause: unknown): undefined {
  if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
  throw cause;
}
