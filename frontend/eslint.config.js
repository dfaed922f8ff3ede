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
);
