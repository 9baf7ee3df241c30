// SPDX-License-Identifier: Apache-2.0
import type { AccessOptions } from "./accounts/index.ts";
import { type BaseSameCommand, parseBaseSame } from "./commands/parse-base-same.ts";
import { type KeyResetCommand, parseKeyReset } from "./commands/parse-key-reset.ts";
import { MIGRATE_HELP, type MigrateCommand, parseMigrate } from "./commands/parse-migrate.ts";
import {
  isOperation,
  OPERATIONS_HELP,
  type OperationCommand,
  parseOperation,
} from "./commands/parse-operation.ts";
import { parseUser, type UserCommand } from "./commands/parse-user.ts";
import { parseWebhook, WEBHOOK_HELP, type WebhookCommand } from "./commands/parse-webhook.ts";
import { parseFlags, usage } from "./commands/usage.ts";
import { parseWitness, type WitnessCommand } from "./commands/witness.ts";
import type { Limits } from "./deps.ts";
import { parseIssuers } from "./oidc/issuers.ts";
import { DEFAULT_DATA_DIRECTORY, DEFAULT_HOST, DEFAULT_PORT, type RegistryOptions } from "./options.ts";

export const HELP = `lora-registry: stores and serves signed model abilities

Usage
  lora-registry serve [options]
  lora-registry key-reset @SCOPE KEY.pem [--data DIR]
                   give a scope that lost all of its keys a new one; it may sign after three days
  lora-registry user add NAME EMAIL [--operator] [--password-stdin] [--data DIR]
                   make an account; an operator may do everything everywhere. With the embedded database, while it
                   is not being served
  lora-registry user password NAME [--password-stdin] [--data DIR]
  lora-registry user lock NAME [--data DIR]
                   shut an account out: its sessions, tokens, passkeys and password end; a new password ends that
  lora-registry user ls [--data DIR]
  lora-registry base-same FINGERPRINT FINGERPRINT [--data DIR]
                   declare two bases to be one that was saved in two precisions, where their norms say so
${OPERATIONS_HELP}${MIGRATE_HELP}${WEBHOOK_HELP}  lora-registry witness --log-key KEY --origin URL --name NAME [--host H] [--port P] [--data DIR]
                   watch another registry's log, and cosign what never contradicts what it showed before;
                   --every SECONDS says how often it looks by itself (default 60)

Options of serve
  --host HOST      address to bind (default ${DEFAULT_HOST}: nobody else reaches it)
  --port PORT      port to bind, 0 for any free one (default ${DEFAULT_PORT})
  --data DIR       where everything is kept (default ./${DEFAULT_DATA_DIRECTORY})
  --origin ORIGIN  what the registry calls itself, such as https://lora.example; signed into releases, so it is
                   settled by the first start (default: where it listens)
  --log-level L    debug, info, warn, error or silent (default info); the log is JSON lines on stderr
  --help, --version

Environment
  DATABASE_URL     PostgreSQL in place of the embedded database
  S3_BUCKET        S3 in place of files, with S3_ENDPOINT where it is not Amazon's, AWS_REGION,
                   AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; clients upload to it and download from it
                   directly, at S3_PUBLIC_ENDPOINT where it has another name for them
  LORA_RATE_LIMITS off: no client is limited in how many requests it makes
  LORA_SCOPE_MAX_BYTES, LORA_SCOPE_MAX_VERSIONS
                   what every scope may have at most (default: as much as there is)
  LORA_ACCOUNT_UPLOAD_BYTES
                   what one account may bring within a day, or off (default: 50 GiB)
  LORA_METRICS_TOKEN
                   who sends it as a bearer token may read /metrics; without it only this machine may
  LORA_PROXY_BLOBS 1: files go through the registry all the same, for clients that cannot reach S3
  LORA_REGISTRY_ADMIN_TOKEN
                   the admin token; without it the first start makes one and prints it
  LORA_LOG_KEY     the log's private key, where it is not to lie in the database: the same at every start
  LORA_WITNESSES   file of witnesses (C2SP tlog-policy: "witness NAME KEY URL", "quorum …") that are asked to
                   cosign the log; without its quorum, if it has one, nothing is published
  LORA_MIGRATE     off: nothing applies migrations but "lora-registry migrate"
  LORA_WEBHOOKS_PRIVATE
                   1: webhooks may go to addresses of your own network, and by http
  LORA_SIGNUP      closed: accounts are made by "lora-registry user add" alone
  LORA_TRUSTED_PROXIES
                   how many proxies of your own every request comes through: their X-Forwarded-For is believed
  LORA_OIDC_ISSUERS
                   CI systems that may publish besides GitHub and GitLab, such as gitlab=https://gitlab.example

Examples
  lora-registry serve
  lora-registry serve --data /srv/lora --host 0.0.0.0 --origin https://lora.example
`;

export type Command =
  | { kind: "help" }
  | { kind: "version" }
  | { kind: "serve"; options: RegistryOptions; logLevel: string; witnessesFile?: string }
  | BaseSameCommand
  | KeyResetCommand
  | MigrateCommand
  | OperationCommand
  | UserCommand
  | WebhookCommand
  | WitnessCommand;

const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"];

/** @throws LoraError USAGE */
export function parseCommandLine(args: readonly string[], env: NodeJS.ProcessEnv): Command {
  if (args[0] === "witness" && !args.includes("--help")) return parseWitness(args.slice(1));
  if (args[0] === "migrate" && !args.includes("--help"))
    return parseMigrate(args.slice(1), (values) => readOptions(values, env));
  if (args[0] === "webhook" && !args.includes("--help"))
    return parseWebhook(args.slice(1), env, (values) => readOptions(values, env));
  if (isOperation(args[0]) && !args.includes("--help"))
    return parseOperation(args, env, (values) => readOptions(values, env));
  const { values, positionals } = parse(args);
  if (values.help || positionals[0] === "help") return { kind: "help" };
  if (values.version) return { kind: "version" };
  if (positionals[0] === "base-same") return parseBaseSame(positionals.slice(1), readOptions(values, env));
  if (positionals[0] === "key-reset") return parseKeyReset(positionals.slice(1), readOptions(values, env));
  if (positionals[0] === "user") return parseUser(positionals.slice(1), values, readOptions(values, env));
  if (positionals.length !== 1 || positionals[0] !== "serve") {
    throw usage(
      positionals.length === 0
        ? "no command was given"
        : `there is no command ${JSON.stringify(positionals.join(" "))}`,
    );
  }
  const logLevel = values["log-level"] ?? "info";
  if (!LOG_LEVELS.includes(logLevel)) throw usage(`--log-level is one of ${LOG_LEVELS.join(", ")}`);
  const options = readOptions(values, env);
  options.access = readAccess(env);
  const witnessesFile = env.LORA_WITNESSES ? { witnessesFile: env.LORA_WITNESSES } : {};
  return { kind: "serve", options, logLevel, ...witnessesFile };
}

type OptionValues = { [Name in "host" | "port" | "data" | "origin"]?: string | undefined };

function readOptions(values: OptionValues, env: NodeJS.ProcessEnv): RegistryOptions {
  const port = values.port === undefined ? DEFAULT_PORT : Number(values.port);
  if (!/^\d{1,5}$/.test(values.port ?? "0") || port > 65_535)
    throw usage("--port is a number from 0 to 65535");

  const options: RegistryOptions = { host: values.host ?? DEFAULT_HOST, port };
  if (values.data !== undefined) options.dataDirectory = values.data;
  if (values.origin !== undefined) options.origin = values.origin;
  if (env.DATABASE_URL) options.databaseUrl = env.DATABASE_URL;
  if (env.LORA_REGISTRY_ADMIN_TOKEN) options.adminToken = env.LORA_REGISTRY_ADMIN_TOKEN;
  if (env.S3_BUCKET) {
    options.s3 = {
      bucket: env.S3_BUCKET,
      ...(env.S3_ENDPOINT ? { endpoint: env.S3_ENDPOINT } : {}),
      ...(env.S3_PUBLIC_ENDPOINT ? { publicEndpoint: env.S3_PUBLIC_ENDPOINT } : {}),
      isProxied: env.LORA_PROXY_BLOBS === "1",
    };
  } else if (env.S3_ENDPOINT) {
    throw usage("S3_ENDPOINT is set and S3_BUCKET is not");
  }
  const { LORA_MIGRATE: migrate = "on", LORA_WEBHOOKS_PRIVATE: privateReceivers = "0" } = env;
  if (migrate !== "on" && migrate !== "off") throw usage("LORA_MIGRATE is on or off");
  if (migrate === "off") options.isMigrating = false;
  if (privateReceivers !== "0" && privateReceivers !== "1") throw usage("LORA_WEBHOOKS_PRIVATE is 0 or 1");
  if (privateReceivers === "1") options.isPrivateReceiverAllowed = true;
  if (env.LORA_METRICS_TOKEN) options.metricsToken = env.LORA_METRICS_TOKEN;
  options.limits = readLimits(env);
  if (env.LORA_LOG_KEY) options.logKey = env.LORA_LOG_KEY;
  return options;
}

function readAccess(env: NodeJS.ProcessEnv): Partial<AccessOptions> {
  const { LORA_SIGNUP: signUp = "open", LORA_TRUSTED_PROXIES: proxies = "0" } = env;
  if (signUp !== "open" && signUp !== "closed") throw usage("LORA_SIGNUP is open or closed");
  if (!/^\d$/.test(proxies)) throw usage("LORA_TRUSTED_PROXIES is a number from 0 to 9");
  return {
    signUp,
    trustedProxies: Number(proxies),
    issuers: parseIssuers(env.LORA_OIDC_ISSUERS ?? ""),
  };
}

function parse(args: readonly string[]) {
  return parseFlags({
    args: [...args],
    allowPositionals: true,
    options: {
      host: { type: "string" },
      port: { type: "string" },
      data: { type: "string" },
      origin: { type: "string" },
      "log-level": { type: "string" },
      help: { type: "boolean", short: "h" },
      version: { type: "boolean" },
      operator: { type: "boolean" },
      "password-stdin": { type: "boolean" },
    },
  });
}

function readLimits(env: NodeJS.ProcessEnv): Partial<Limits> {
  const { LORA_RATE_LIMITS: rates = "on" } = env;
  if (rates !== "on" && rates !== "off") throw usage("LORA_RATE_LIMITS is on or off");
  const quota = (name: string) => {
    const text = env[name];
    if (text === undefined || text === "") return undefined;
    if (!/^[1-9]\d{0,14}$/.test(text)) throw usage(`${name} is a number above 0`);
    return Number(text);
  };
  const [bytes, versions] = [quota("LORA_SCOPE_MAX_BYTES"), quota("LORA_SCOPE_MAX_VERSIONS")];
  const isUploadUnlimited = env.LORA_ACCOUNT_UPLOAD_BYTES === "off";
  const uploadBytes = isUploadUnlimited ? undefined : quota("LORA_ACCOUNT_UPLOAD_BYTES");
  return {
    ...(rates === "off" ? { rates: undefined } : {}),
    ...(isUploadUnlimited || uploadBytes !== undefined ? { uploadBytes } : {}),
    scopeQuota: {
      ...(bytes === undefined ? {} : { bytes }),
      ...(versions === undefined ? {} : { versions }),
    },
  };
}
