/* Bundles embed.js and frame.js into the folder that is given. */
import { build } from 'esbuild';

await build({
  entryPoints: ['src/embed.ts', 'src/frame.ts'],
  outdir: process.argv[2],
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  banner: { js: '/* Talkboard, MIT licence. Built from embed/src. */' },
});
