import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** Writes `<file>.br` beside each script, style and picture: the program embeds and sends it. */
function brotli(): Plugin {
  return {
    name: "brotli",
    apply: "build",
    closeBundle() {
      for (const name of readdirSync("dist", { recursive: true, encoding: "utf8" })) {
        if (!/\.(js|css|svg)$/.test(name)) continue;
        const bytes = readFileSync(`dist/${name}`);
        writeFileSync(`dist/${name}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }));
      }
    },
  };
}

// `base` is relative so that the server can put the application under any path: it rewrites <base href> in index.html.
export default defineConfig({
  base: "./",
  plugins: [brotli()],
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the content security policy allows no data: scripts or styles
    cssCodeSplit: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 800,
  },
  server: { proxy: { "/api": { target: process.env.CENTAVO_URL ?? "http://127.0.0.1:8080", changeOrigin: false } } },
});
