/** The version of this package. */
import { createRequire } from 'node:module';

export function version(): string {
  const manifest = createRequire(import.meta.url)('sapwood/package.json') as { version: string };
  return manifest.version;
}
