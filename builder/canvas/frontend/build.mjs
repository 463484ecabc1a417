// Bundles src/ into ../strata_canvas/static/. While you work: `node build.mjs`, then reload the browser.
import { build } from 'esbuild'
import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

process.chdir(dirname(fileURLToPath(import.meta.url)))
rmSync('../strata_canvas/static/digest', { force: true }) // written anew by hatch_build.py, which knows the sources
await build({
  entryPoints: ['src/index.jsx'],
  outdir: '../strata_canvas/static', // index.js and index.css
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  charset: 'utf8',
  define: { 'process.env.NODE_ENV': '"production"' },
  legalComments: 'linked',
  logLevel: 'warning',
})
