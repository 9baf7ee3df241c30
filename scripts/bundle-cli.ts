// SPDX-License-Identifier: Apache-2.0
/**
 * Bundles the command line, so that starting it loads a few files and not hundreds; see docs/decisions/2026-11-22-start-up.md.
 *
 *     packages/cli/bundle/main.cjs              what bin/lora.js loads
 *     packages/cli/bundle/commands/…/NAME.cjs   one a command, found by oclif through its manifest
 *     packages/cli/bundle/hooks/not-found.cjs   what is said to a name that is no command
 *     packages/cli/bundle/{worker,watchdog,…}.cjs processes and threads, found beside the file that starts them
 *     packages/cli/bundle/NAME-HASH.cjs         what several of them share
 *     packages/cli/bundle/modules.json          which modules are in which file; not published
 *     packages/cli/bundle/LICENSES.txt          the licenses of everybody whose code is in it
 *
 * CommonJS, although the sources are modules: loading a chunk is then one synchronous read, a chunk that is needed later
 * is compiled later, and a built-in module costs only what is used of it.
 */
import { globSync, readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Plugin, rolldown } from "rolldown";
import { bundledLicenses } from "./bundled-licenses.ts";

const root = join(import.meta.dirname, "..");
const cli = join(root, "packages", "cli");
const output = join(cli, "bundle");
/** Commands of oclif's plugins: as plugins each would be looked for and read at every start. */
const PLUGINS = {
  "commands/help": "plugin-help/lib/commands/help.js",
  "commands/autocomplete/index": "plugin-autocomplete/lib/commands/autocomplete/index.js",
  "commands/autocomplete/create": "plugin-autocomplete/lib/commands/autocomplete/create.js",
  "commands/autocomplete/script": "plugin-autocomplete/lib/commands/autocomplete/script.js",
  "hooks/not-found": "plugin-not-found/lib/index.js",
};

export async function bundleCli(): Promise<void> {
  const bundle = await rolldown({
    cwd: cli,
    platform: "node",
    input: {
      main: join(cli, "src", "main.ts"),
      ...under(join(cli, "node_modules", "@oclif"), PLUGINS),
      ...processes(),
      ...Object.fromEntries(commands().map((name) => [name, join(cli, "src", `${name}.ts`)])),
    },
    // An optional peer, found by its address where the user has it.
    external: ["node-llama-cpp"],
    // jsonc-parser's "main" is a form that no bundler can follow.
    resolve: { mainFields: ["module", "main"] },
    transform: {
      // bin/lora.js has said already which Node is needed.
      define: { "process.env.OCLIF_DISABLE_ENGINE_WARNING": '"true"' },
    },
    plugins: [lateRequires(), wslByEnvironment()],
    onLog(level, log, report) {
      // A module that one command needs late and another at once: both is meant.
      if (log.code !== "INEFFECTIVE_DYNAMIC_IMPORT") report(level, log);
    },
  });
  const { output: files } = await bundle.write({
    dir: output,
    format: "cjs",
    exports: "named",
    entryFileNames: "[name].cjs",
    chunkFileNames: "[name]-[hash].cjs",
    // Without comments there is less to read; lines and names stay, for the trace of a bug.
    minify: { compress: true, mangle: false, codegen: false },
  });
  await bundle.close();
  const modules = Object.fromEntries(
    files.flatMap((file) => (file.type === "chunk" ? [[file.fileName, file.moduleIds] as const] : [])),
  );
  await writeFile(join(output, "LICENSES.txt"), bundledLicenses(root, Object.values(modules).flat()));
  await writeFile(join(output, "modules.json"), JSON.stringify(modules, null, 2));
  const written = new Set(["LICENSES.txt", "modules.json", ...files.map(({ fileName }) => fileName)]);
  // After the new ones are there, and not before: a `lora` that runs now goes on.
  for (const path of globSync("**/*.*", { cwd: output }))
    if (!written.has(path.replaceAll("\\", "/"))) await rm(join(output, path));
}

/**
 * Processes and threads, and the modules that start them, which look for them beside themselves: as entries of their own
 * starters, too, are at the top of the bundle, whoever uses them.
 */
function processes(): Record<string, string> {
  const dist = join(root, "packages", "client", "dist");
  const entries: Record<string, string> = {};
  for (const path of globSync("**/*.js", { cwd: dist }).map((file) => join(dist, file))) {
    const beside = /new URL\(`\.\/([\w-]+)\$\{extname\(import\.meta\.url\)\}`/.exec(
      readFileSync(path, "utf8"),
    );
    if (beside?.[1] === undefined) continue;
    entries[beside[1]] = join(dirname(path), `${beside[1]}.js`);
    entries[`start-${beside[1]}`] = path;
  }
  return entries;
}

function commands(): string[] {
  return globSync("commands/**/*.ts", { cwd: join(cli, "src") })
    .filter((path) => !path.endsWith(".test.ts"))
    .map((path) => path.slice(0, -".ts".length).replaceAll("\\", "/"));
}

function under(directory: string, paths: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, join(directory, path)]));
}

/**
 * oclif's compiled modules require everything that any command might need, at their tops:
 *
 *     const ejs_1 = __importDefault(require("ejs"));       exports.Args = __importStar(require("./args"));
 *
 * Here they require it where they use it. Only that form, which the TypeScript compiler writes, is changed.
 */
function lateRequires(): Plugin {
  const required = /^const (\w+_\d+) = ((?:__import\w+\()?require\("[^"]+"\)\)?);$/gm;
  const exported = /^exports\.(\w+) = ((?:__import\w+\()?require\("[^"]+"\)\)?);$/gm;
  return {
    name: "late-requires",
    transform(code, id) {
      if (!/[\\/]@oclif[\\/]core[\\/]lib[\\/]/.test(id)) return null;
      let late = code.replace(
        exported,
        "Object.defineProperty(exports, '$1', { enumerable: true, get: () => $2 });",
      );
      for (const [statement, name, expression] of [...late.matchAll(required)]) {
        const [before = "", after = ""] = late.split(statement);
        const use = new RegExp(`\\b${name}\\b`, "g");
        const call = `(${name}())`;
        const once = `let ${name}_value; function ${name}() { return ${name}_value ??= ${expression}; }`;
        late = before.replace(use, call) + once + after.replace(use, call);
      }
      // Ordering by a language's rules loads the tables of all languages: a sixth of a start, for names in ASCII.
      late = late.replace(/([\w.]+)\.localeCompare\(([\w.]+)\)/g, "($1 < $2 ? -1 : $1 > $2 ? 1 : 0)");
      return { code: late, map: null };
    },
  };
}

/**
 * oclif asks `wsl-utils` at every start whether this is Windows' Linux, for its user agent. The package reads files of
 * the kernel and of containers to know; Windows says it in the environment too.
 */
function wslByEnvironment(): Plugin {
  return {
    name: "wsl-by-environment",
    resolveId: (source) => (source === "wsl-utils" ? `\0${source}` : null),
    load: (id) =>
      id === "\0wsl-utils"
        ? `export const isWsl = process.env.WSL_DISTRO_NAME !== undefined;
           export const powerShellPath = async () => "powershell.exe";`
        : null,
  };
}
