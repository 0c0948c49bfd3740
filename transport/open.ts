/** Transports by name. */
import { pathToFileURL } from 'node:url';
import type { Clock } from './clock.ts';
import type { CsmePlug, HostEnd } from './contract.ts';
import { TransportError } from './errors.ts';
import { memoryPair } from './memory.ts';
import { listenUnixCsme } from './unix/csme.ts';
import { connectUnixHost, type UnixHostOptions } from './unix/host.ts';
import { spawnWorkerCsme, spawnWorkerHost, type WorkerOptions } from './worker.ts';

type Role = 'host' | 'csme';

export interface OpenOptions extends WorkerOptions, UnixHostOptions {
  /** What carries `memory:`, and times out `unix:`; the machine's clock when not given. */
  readonly clock?: Clock;
  /** Which end of `unix:` is here when its name does not say; the host's when not given. */
  readonly role?: Role;
  /** What the worker of `worker:` gets from `workerInput()`. */
  readonly input?: unknown;
}

/** The ends that are in this thread: both of `memory:`, one of the others. */
export interface Transport {
  readonly name: string;
  readonly host: HostEnd | undefined;
  readonly csme: CsmePlug | undefined;
  close(): void;
}

/** How a name is written. */
export const TRANSPORTS: Readonly<Record<string, { readonly form: string; readonly doc: string }>> = {
  memory: { form: 'memory:[latency=MS]', doc: 'Both sides in this thread.' },
  worker: {
    form: 'worker:[role=csme|host]MODULE',
    doc: 'The firmware (or, with role=host, the host) in a thread that runs MODULE.',
  },
  unix: {
    form: 'unix:[role=host|csme]PATH',
    doc: 'The other side in another process: the host connects to the socket PATH, where the firmware listens.',
  },
};

/**
 * Opens a transport by its name: scheme, colon, options in brackets if any, and what the scheme needs behind them:
 * `memory:`, `memory:[latency=2]`, `worker:./firmware.js`, `worker:[role=host]file:///opt/driver.js`,
 * `unix:/run/csme.sock`, `unix:[role=csme]/run/csme.sock`.
 *
 * Throws TRANSPORT_ERR_SCHEME for a name of no known scheme, TRANSPORT_ERR_NO_AREA for `mei:` and TRANSPORT_ERR_OPTION
 * for an option that the scheme does not have; beyond that what opening the transport throws.
 */
export function openTransport(name: string, options: OpenOptions = {}): Transport {
  const { scheme, settings, rest } = parseTransportName(name);
  if (scheme === 'memory') return openMemory(name, settings, rest, options);
  if (scheme === 'unix') return openUnix(name, settings, rest, options);
  return openWorker(name, settings, rest, options);
}

export interface TransportName {
  readonly scheme: string;
  readonly settings: ReadonlyMap<string, string>;
  readonly rest: string;
}

/** Takes a name apart; throws like `openTransport`. */
export function parseTransportName(name: string): TransportName {
  const match = /^([a-z][a-z0-9+.-]*):(?:\[([^\]]*)\])?(.*)$/is.exec(name);
  const scheme = match?.[1]?.toLowerCase();
  if (scheme === 'mei') {
    const detail = `"${name}": the kernel maps its shared area for its own drivers (iwlmei) only. openMei connects to other clients.`;
    throw new TransportError('TRANSPORT_ERR_NO_AREA', { detail });
  }
  if (match === null || scheme === undefined || !Object.hasOwn(TRANSPORTS, scheme)) {
    const known = Object.values(TRANSPORTS).map(({ form }) => form);
    throw new TransportError('TRANSPORT_ERR_SCHEME', { detail: `"${name}"; known are ${known.join(', ')}.` });
  }
  const settings = new Map<string, string>();
  for (const setting of (match[2] ?? '').split(',')) {
    if (setting === '') continue;
    const equals = setting.indexOf('=');
    if (equals < 1) throw wrongOption(name, setting);
    settings.set(setting.slice(0, equals), setting.slice(equals + 1));
  }
  return { scheme, settings, rest: match[3] ?? '' };
}

type Settings = ReadonlyMap<string, string>;

function openMemory(name: string, settings: Settings, rest: string, options: OpenOptions): Transport {
  if (rest !== '') throw wrongOption(name, rest);
  let latencyMs = 0;
  for (const [key, value] of settings) {
    latencyMs = Number(value);
    if (key !== 'latency' || value === '' || !(latencyMs >= 0)) throw wrongOption(name, `${key}=${value}`);
  }
  const pair = memoryPair({ latencyMs, ...(options.clock === undefined ? {} : { clock: options.clock }) });
  return { name, host: pair.host, csme: pair.csme, close: () => pair.close() };
}

function openWorker(name: string, settings: Settings, rest: string, options: OpenOptions): Transport {
  const role = roleIn(name, settings) ?? 'csme';
  if (rest === '') throw new TransportError('TRANSPORT_ERR_OPTION', { detail: `"${name}" names no module.` });
  const entry = URL.canParse(rest) ? new URL(rest) : pathToFileURL(rest);
  if (role === 'csme') {
    const host = spawnWorkerCsme(entry, options.input, options);
    return { name, host, csme: undefined, close: () => host.close() };
  }
  const csme = spawnWorkerHost(entry, options.input, options);
  return { name, host: undefined, csme, close: () => csme.close() };
}

function openUnix(name: string, settings: Settings, rest: string, options: OpenOptions): Transport {
  const role = roleIn(name, settings) ?? options.role ?? 'host';
  if (role === 'host') {
    const host = connectUnixHost(rest, options);
    return { name, host, csme: undefined, close: () => host.close() };
  }
  const csme = listenUnixCsme(rest, options);
  return { name, host: undefined, csme, close: () => csme.close() };
}

/** The option `role`, the only one that there may be. */
function roleIn(name: string, settings: Settings): Role | undefined {
  let role: Role | undefined;
  for (const [key, value] of settings) {
    if (key !== 'role' || (value !== 'csme' && value !== 'host')) throw wrongOption(name, `${key}=${value}`);
    role = value;
  }
  return role;
}

function wrongOption(name: string, option: string): TransportError {
  return new TransportError('TRANSPORT_ERR_OPTION', { detail: `"${option}" in "${name}".` });
}
