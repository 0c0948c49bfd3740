/** The options `--transport` and `--control` of commands that speak over unix sockets. */
import { InvalidArgumentError } from 'commander';
import { parseTransportName, TransportError } from '../../transport/index.ts';
import { CliError } from '../exit.ts';

/** Bytes of a path in struct sockaddr_un; Node.js cuts off what is longer, and says nothing. */
const PATH_MAX = 107;

/** The path of `unix:PATH`, without settings: the role is the command's. A `CliError` for anything but the `known` forms. */
export function socketPathOf(transport: string, known = 'unix:PATH'): string {
  try {
    const { scheme, settings, rest } = parseTransportName(transport);
    if (scheme === 'unix' && settings.size === 0 && rest !== '') return rest;
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
  }
  throw new CliError('usage', `the transport is ${known} here, not "${transport}".`);
}

/** What opens an end at a socket; its `TransportError` is a `CliError`. */
export function atSocket<End>(open: () => End): End {
  try {
    return open();
  } catch (error) {
    throw error instanceof TransportError ? new CliError('environment', error.message) : error;
  }
}

/** The path of a control socket: `PATH`, or `unix:PATH` as of a transport. */
export function controlPathOf(text: string): string {
  const path = text.replace(/^unix:/, '');
  const length = Buffer.byteLength(path);
  if (length === 0 || length > PATH_MAX)
    throw new InvalidArgumentError(`Give the path of a socket, 1 to ${PATH_MAX} bytes.`);
  return path;
}
