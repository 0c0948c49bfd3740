/** What the two sides have come to, event by event, and what a trace can begin with. */
import { AREA_LAYOUTS, SapNicOwner, type SapVersion } from '../../sap/index.ts';
import type { CommandEvent, TraceEvent } from '../event.ts';
import type { Case, Located } from './case.ts';
import type { Found } from './inbox.ts';

/** The host has handled what CSME sent. */
export function followCsme(c: Case, found: Found): void {
  const { message } = found;
  const { link, settings } = c;
  switch (message?.name) {
    case 'AMT_STATE':
      link.amt = message.enabled === 0 ? false : c.lenient ? undefined : true;
      link.amtMs = c.nowMs;
      return;
    case 'NIC_OWNER':
      link.owner = message.owner !== SapNicOwner.ME;
      return;
    case 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ':
      if (message.granted !== 0) link.owner = true;
      return;
    case 'CSME_TAKING_OWNERSHIP':
      link.owner = false;
      link.taking = link.deviceUp === true && settings.driver === 'registered';
      return;
    case 'CSME_FILTERS':
      link.filters = message.oobFilters;
      return;
  }
}

/** The WLAN driver has called. */
export function followDriver(c: Case, event: CommandEvent): void {
  const { link, settings } = c;
  switch (event.name) {
    case 'register':
      if (settings.driver === 'none') settings.driver = 'registered';
      return;
    case 'start_unregister':
    case 'unregister':
      settings.driver = 'leaving';
      settings.association = undefined;
      settings.powerLimits = undefined;
      if (event.name === 'start_unregister') return;
      settings.driver = 'none';
      link.owner = false;
      return;
    case 'unregister_complete':
      settings.driver = 'none';
      link.owner = false;
      return;
    case 'device_state':
      if (link.phase !== 'connected') return;
      link.deviceUp = event.args.up === 1;
      if (!link.deviceUp) link.taking = false;
      return;
  }
}

/** What lies in the rings, and the host's bell, which is recorded before what it was rung for. */
export function isOfRings(event: Located): boolean {
  return event.ch === 'notif' || event.ch === 'data' || (event.ch === 'me' && event.dir === 'h2m');
}

/** Whether a trace may begin with this: with a remark, or with what happens to a host that has done nothing yet. */
export function isBeginning(event: TraceEvent): boolean {
  switch (event.ch) {
    case 'wifi-cmd':
      return event.dir === 'wifi>drv';
    case 'bus':
      return event.dir === 'ctl' && !event.name.endsWith('.ret');
    default:
      return event.ch === 'note';
  }
}

export function versionOf(size: unknown): SapVersion | undefined {
  if (size === AREA_LAYOUTS[4].size) return 4;
  return size === AREA_LAYOUTS[3].size ? 3 : undefined;
}
