/** The process in which our Rx path runs, so that its CPU time is its own. */
import { obey } from './child.ts';
import { wantedBytes } from './load.ts';
import { type OurOptions, OurPath, type OurReport } from './our-path.ts';

export type OurOrder =
  /** Frames that may be sent: what comes out must be one of them. Once for many runs, so that runs leave no garbage. */
  | { readonly type: 'know'; readonly frames: readonly Uint8Array[] }
  | ({ readonly type: 'open' } & Omit<OurOptions, 'wanted'>)
  /** CSME reads from now on, or does not. */
  | { readonly type: 'reading'; readonly on: boolean }
  | { readonly type: 'report' }
  | { readonly type: 'close' };

let path: OurPath | undefined;
let wanted: ReadonlySet<string> = new Set();

obey((order: OurOrder): OurReport | undefined => {
  if (order.type === 'know') {
    wanted = wantedBytes(order.frames);
    return undefined;
  }
  if (order.type === 'open') {
    path = new OurPath({ ...order, wanted });
    // The memory of the last run is garbage, and shall not be collected during this one.
    globalThis.gc?.();
  }
  if (path === undefined) throw new Error('Nothing is open.');
  if (order.type === 'reading') path.setReading(order.on);
  const report = path.report();
  if (order.type === 'close') {
    path.close();
    path = undefined;
  }
  return report;
});
