/// <reference types="vitest/config" />
import vue from "@vitejs/plugin-vue";
import components from "unplugin-vue-components/vite";
import { ElementPlusResolver } from "unplugin-vue-components/resolvers";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const backend = "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [
    vue(),
    // Element Plus's own components are taken as they are used in a template, with their style.
    components({
      dirs: [],
      dts: "components.d.ts",
      resolvers: [ElementPlusResolver({ importStyle: "css" })],
    }),
  ],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  define: {
    // No `new Function` in the message compiler: the pages run under a CSP without unsafe-eval.
    __INTLIFY_JIT_COMPILATION__: true,
    __VUE_I18N_LEGACY_API__: false,
    __VUE_I18N_FULL_INSTALL__: false,
  },
  build: {
    target: "chrome100",
    // Inlined data: URLs would need wider CSP rules for fonts and workers.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  server: {
    port: 5173,
    strictPort: true,
    proxy: { "/api": { target: backend, ws: true }, "/healthz": backend, "/readyz": backend },
  },
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.ts"],
    // For one that hangs. How fast the machine is, with other work beside it, is no test.
    testTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    server: { deps: { inline: ["element-plus"] } },
  },
});
