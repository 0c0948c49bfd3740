/** Where the compiled form of a module lies: worker threads cannot run TypeScript. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TransportError } from './errors.ts';

/** The repository, or the installed package: this file is `transport/built.ts` or `dist/transport/built.js` of it. */
const ROOT = new URL(import.meta.url.endsWith('.ts') ? '..' : '../..', import.meta.url).href;

/**
 * The compiled module of a source: `…/bench/echo.ts` of this repository becomes `…/dist/bench/echo.js`, and so does
 * `…/dist/bench/echo.ts`, which a compiled module names when its source wrote `new URL('./echo.ts', import.meta.url)`.
 * Any other URL comes back as it is. Throws TRANSPORT_ERR_NOT_BUILT when there is no such file.
 */
export function builtModule(url: URL): URL {
  if (!url.pathname.endsWith('.ts')) return url;
  if (!url.href.startsWith(ROOT))
    throw notBuilt(url, 'It is not of this package, which compiles its own only.');
  const path = url.href
    .slice(ROOT.length)
    .replace(/^dist\//, '')
    .replace(/\.ts$/, '.js');
  const built = new URL(`dist/${path}`, ROOT);
  if (!existsSync(built)) throw notBuilt(url, 'Run `npm run build`.');
  return built;
}

function notBuilt(url: URL, hint: string): TransportError {
  return new TransportError('TRANSPORT_ERR_NOT_BUILT', { detail: `${fileURLToPath(url)}: ${hint}` });
}
