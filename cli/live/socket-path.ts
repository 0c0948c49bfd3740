/** The option `--transport` of commands that speak over a unix socket. */
import { parseTransportName, TransportError } from '../../transport/index.ts';
import { CliError } from '../exit.ts';

/** The path of `unix:PATH`; a `CliError` for anything else. */
export function socketPathOf(transport: string): string {
  try {
    const { scheme, rest } = parseTransportName(transport);
    if (scheme === 'unix' && rest !== '') return rest;
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
  }
  throw new CliError('usage', `the transport is unix:PATH here, not "${transport}".`);
}
