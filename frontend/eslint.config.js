import pluginVue from "eslint-plugin-vue";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", "coverage", "src/protocol.ts", "src/openapi.ts", "components.d.ts"] },
  ...tseslint.configs.strict,
  ...pluginVue.configs["flat/essential"],
  {
    files: ["**/*.vue"],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
  },
  {
    rules: {
      // `== null` asks for null or undefined at once.
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-console": "error",
      // vue-tsc checks names against the types it knows, better than this rule can.
      "no-undef": "off",
      "vue/multi-word-component-names": "off",
      "vue/no-v-html": "error",
    },
  },
  {
    // The API is asked through its own description: a field the server renamed is seen by the compiler.
    files: ["src/**"],
    // The last two read what is no JSON: pieces of film, and captions.
    ignores: ["src/sending.ts", "src/client.ts", "src/api.ts", "src/views/replay/feed.ts", "src/views/replay/useCaptions.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["@/api", "@/sending", "./api", "./sending", "../**/api", "../**/sending"],
              importNames: ["send"],
              message: "Ask through `client` (client.ts), whose answers the server's description types.",
            },
          ],
        },
      ],
    },
  },
);
