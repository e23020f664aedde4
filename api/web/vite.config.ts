import { defineConfig } from 'vitest/config';
import { licenses } from './licenses';

// old office PCs and the WeChat web view: Chrome 86, Firefox 102
const OLDEST = ['es2020', 'chrome86', 'firefox102'];

export default defineConfig({
  // the page is served at /map, beneath whatever path a proxy gives the service
  base: './',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  plugins: [licenses('map/LICENSES.txt')],
  build: {
    target: OLDEST,
    cssTarget: OLDEST,
    outDir: '../geogrid_api/web',
    emptyOutDir: true,
    assetsDir: 'map',
    assetsInlineLimit: 0,
    modulePreload: false,
    chunkSizeWarningLimit: 620,
  },
  test: { include: ['tests/**/*.test.ts'], environment: 'node' },
});
