import { defineConfig } from 'vite';

/** The explorer as the indexer serves it: a document, a script, a style sheet. */
export default defineConfig({
  root: 'indexer/explorer',
  publicDir: 'public',
  build: {
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    // What is committed is compared with what is built: nothing in it may be of one machine.
    sourcemap: false,
  },
});
