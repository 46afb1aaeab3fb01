import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [svelte()],
  // The window is served from its own scheme, so paths start at the root.
  base: '/',
  ...(process.env.VITEST ? { resolve: { conditions: ['browser'] } } : {}),
  build: {
    target: ['es2022', 'safari16'],
    // light-dark() and oklch() stay as written: WebKitGTK 2.50 and Chromium know them.
    cssTarget: ['chrome130', 'safari18'],
    // The content security policy allows fonts from 'self' only, not from data URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: {
    environment: 'happy-dom',
    testTimeout: 30_000,
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
  },
})
