// SPDX-License-Identifier: Apache-2.0
import type { RegistryOptions } from "../options.ts";
import { usage } from "./usage.ts";

export interface UserCommand {
  kind: "user";
  what:
    | { do: "add"; name: string; email: string; isOperator: boolean }
    | { do: "password"; name: string }
    | { do: "lock"; name: string }
    | { do: "ls" };
  isPasswordOnStdin: boolean;
  options: RegistryOptions;
}

/** @throws LoraError USAGE */
export function parseUser(
  args: readonly string[],
  flags: { operator?: boolean | undefined; "password-stdin"?: boolean | undefined },
  options: RegistryOptions,
): UserCommand {
  const [verb, name = "", email = "", ...rest] = args;
  const isPasswordOnStdin = flags["password-stdin"] ?? false;
  const command = (what: UserCommand["what"]): UserCommand => ({
    kind: "user",
    what,
    isPasswordOnStdin,
    options,
  });
  if (rest.length === 0 && verb === "add" && email !== "") {
    return command({ do: "add", name, email, isOperator: flags.operator ?? false });
  }
  if (verb === "password" && name !== "" && email === "") return command({ do: "password", name });
  if (verb === "lock" && name !== "" && email === "") return command({ do: "lock", name });
  if (verb === "ls" && name === "") return command({ do: "ls" });
  throw usage("user is used as: user add NAME EMAIL, user password NAME, user lock NAME, user ls");
}
