/** The built command, as tests run it. */
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
/** The folder of the traces that the tests of the command use. */
export const DATA = new URL('data/', import.meta.url);
