// One bundle of the page. The component of `embed/` takes this folder's React, wherever it lies itself.

import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await build({
  entryPoints: [here("src/main.tsx")],
  outfile: here("dist/app.js"),
  bundle: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  minify: true,
  sourcemap: true,
  legalComments: "none",
  define: { "process.env.NODE_ENV": '"production"' },
  alias: { react: here("node_modules/react") },
  logLevel: "warning",
});
