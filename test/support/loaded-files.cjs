// SPDX-License-Identifier: Apache-2.0
// Required before a program (`NODE_OPTIONS=--require …`): writes the files that it has loaded, as JSON, when it ends.
const { writeFileSync } = require("node:fs");
process.on("exit", () => writeFileSync(process.env.LOADED_FILES, JSON.stringify(Object.keys(require.cache))));
