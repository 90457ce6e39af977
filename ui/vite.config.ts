import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where the pages are developed against a running LocalRouter: `LOCALROUTER_URL=http://127.0.0.1:3625 npm run dev`. */
const router = process.env.LOCALROUTER_URL ?? "http://127.0.0.1:3625";

export default defineConfig({
  base: "/ui/",
  plugins: [react()],
  build: {
    outDir: "../backend/localrouter/pages",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    // One sheet, read with the first script: a page that is opened while the router is down lacks none.
    cssCodeSplit: false,
    chunkSizeWarningLimit: 400,
    modulePreload: { polyfill: false },
  },
  server: {
    host: "127.0.0.1",
    proxy: Object.fromEntries(
      ["/rpc", "/session", "/events", "/v1"].map((path) => [
        path,
        { target: router, changeOrigin: true, headers: { origin: router } },
      ]),
    ),
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
