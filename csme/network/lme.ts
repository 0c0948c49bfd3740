/** AMT's web service for programs of the host: behind LME's channels, on the ports that AMT has for it. */
import { AMT_HTTP } from '../../amt/web/index.ts';
import type { Amt } from '../amt/index.ts';
import { LME_GUID, type LmePort, lmeClient, type MeClient } from '../mei/index.ts';
import { ChannelStream } from './channel-stream.ts';
import { WebService, type WebStatistics } from './web/service.ts';

/** Where LME is a client: a MEI device that is served. */
export interface LmeDevice {
  addClient(client: MeClient): void;
  removeClient(guid: string): void;
  turn(task: () => void): void;
}

export interface ServedLme {
  statistics(): WebStatistics;
  /** Ends the connections to the ports, and takes LME from the device: who has it keeps it, without anybody to talk to. */
  close(): Promise<void>;
}

/**
 * Adds LME to the device, with AMT's web service on ports 16992 and 623. While AMT is disabled there is no LME: programs
 * that want it are told so by the kernel, and those that have it lose it.
 */
export function serveLme(amt: Amt, device: LmeDevice, pages?: ReadonlyMap<string, Uint8Array>): ServedLme {
  const web = new WebService({ amt, ...(pages !== undefined && { pages }) });
  let closed = false;
  const open: LmePort = (channel) => {
    if (closed) return undefined;
    const stream = new ChannelStream(channel);
    web.accept(stream);
    return stream;
  };
  const ports = new Map([AMT_HTTP, DASH_HTTP].map((port) => [port, open]));
  const client = lmeClient({ amt, ports, turn: (task) => device.turn(task) });
  const follow = (enabled: boolean) => {
    if (enabled) device.addClient(client);
    else device.removeClient(LME_GUID);
  };
  follow(amt.state.enabled);
  const forget = amt.onChange(({ before, state }) => {
    // Not within the call of the device that may have made the change.
    if (before.enabled !== state.enabled) queueMicrotask(() => follow(amt.state.enabled));
  });
  return {
    statistics: () => web.statistics(),
    close: () => {
      closed = true;
      forget();
      device.removeClient(LME_GUID);
      return web.close();
    },
  };
}

/** WS-Management without TLS as DASH has it (DSP0232). */
const DASH_HTTP = 623;
