/**
 * The way to AMT's web service: the management service of this machine where one runs, else a connection of our own
 * through the firmware.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { type MeiCalls, MeiError } from '../../transport/index.ts';
import { openTunnel } from '../lms/index.ts';
import { AMT_HTTP } from '../web/index.ts';
import { SetupError } from './errors.ts';
import { isServiceUser, listenersOn } from './listener.ts';

export interface Reach {
  /** `service`: through the management service on 127.0.0.1. */
  readonly by: 'service' | 'firmware';
  /** Each is a connection to AMT's web service. */
  connect(signal: AbortSignal): Promise<Duplex>;
  close(): Promise<void>;
}

export interface ReachOptions {
  readonly signal?: AbortSignal | undefined;
  /** The native calls of the own connection; the addon's when left out. */
  readonly calls?: MeiCalls | undefined;
  /** Where a management service listens. */
  readonly port?: number | undefined;
}

/** Rejects with the MeiError or LmsError of the own connection. */
export async function openReach(path: string, options: ReachOptions = {}): Promise<Reach> {
  const { port = AMT_HTTP, signal, calls } = options;
  const uids = await listenersOn(port);
  // A hash goes there with which whoever has it may guess the password: that is for the system's own service only.
  if (uids.length > 0 && uids.every((uid) => isServiceUser(uid))) {
    return { by: 'service', connect: (until) => dial(port, until), close: async () => {} };
  }
  try {
    const tunnel = await openTunnel(path, { signal, calls });
    return { by: 'firmware', connect: () => tunnel.connect(AMT_HTTP), close: () => tunnel.close() };
  } catch (error) {
    const isBusy = error instanceof MeiError && error.code === 'MEI_ERR_BUSY';
    throw isBusy && uids.length > 0 ? new SetupError('SETUP_ERR_STRANGER') : error;
  }
}

async function dial(port: number, signal: AbortSignal): Promise<Duplex> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  try {
    await once(socket, 'connect', { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
