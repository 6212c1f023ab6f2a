import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds a running gateway. */
const GATEWAY = "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  server: {
    proxy: {
      "/api": { target: GATEWAY, ws: true },
      "/stream": { target: GATEWAY, ws: true },
    },
  },
  build: {
    outDir: "../gateway/ui",
    emptyOutDir: true,
    // noVNC awaits at the top level of a module (util/browser.js).
    target: "es2022",
    // The first browsers that know light-dark(), by which both colour schemes are written.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // `default-src 'self'` forbids data: addresses, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: {
    restoreMocks: true,
    testTimeout: 30_000,
    unstubGlobals: true,
    projects: [
      // What speaks protocols needs no page; a page in memory takes a second to set up.
      { extends: true, test: { name: "plain", environment: "node", include: ["src/**/*.test.ts"] } },
      {
        extends: true,
        test: {
          name: "pages",
          environment: "jsdom",
          include: ["src/**/*.test.tsx"],
          setupFiles: ["src/testing/setup.ts"],
        },
      },
    ],
  },
});
