/** How scenarios begin: a driver without a link and without memories, a link, AMT enabled. */
import { AREA_LAYOUTS, type OobFilters } from '../sap/index.ts';
import type { CheckId } from './catalogue.ts';
import type { Play } from './scenario.ts';
import { bus, me, message } from './seen.ts';
import type { Stage } from './stage.ts';

/** How long a driver may take to map the area and send START, in ms. */
const START_MS = 5_000;
/** HOST_GOES_DOWN and what is left of it: 50 ms for the device, 200 ms for the rings, and slack. */
export const GOODBYE_MS = 700;

/** Ends the link, if there is one. Without a helper the connection is dropped: the next one begins a new life. */
export function* unlink(s: Stage): Play {
  s.csme.listens = true;
  if (!s.helped) return s.drop();
  s.mark();
  // There may be none to remove, when the driver gave up.
  if (yield* s.attempt(s.bus('remove'))) yield* s.await(bus('unmap'), GOODBYE_MS);
  s.csme.unmap();
}

/** The WLAN driver is gone, and nothing is cached. */
export function* forget(s: Stage): Play {
  if (!s.helped) return;
  if (s.limited) yield* s.attempt(s.limit(AREA_LAYOUTS[4].size));
  s.limited = false;
  yield* s.call('start_unregister');
  yield* s.call('unregister_complete');
  yield* s.call('country', { mcc: 0 });
  yield* s.call('nic_info', { mac: '00:00:00:00:00:00', nvm: '00:00:00:00:00:00' });
  yield* s.call('set_rfkill', { hw: 0, sw: 0 });
  yield* s.call('set_netdev', { dev: 'none' });
}

/** The client appears; START must come. Gives the version of the area. */
export function* probe(s: Stage): Play<number> {
  s.mark();
  if (s.helped) yield* s.bus('probe');
  return yield* started(s);
}

/** START must come, for an area that is there. */
export function* started(s: Stage): Play<number> {
  yield* s.expect('link.comes', me('START'), START_MS);
  const { version } = s.csme;
  s.must('link.comes', version !== undefined, 'an area before START', 'START without an area');
  return version!;
}

export interface Opening {
  /** Registers a WLAN driver; true when left out. */
  readonly driver?: boolean;
  /** The network device of the Rx path. */
  readonly netdev?: boolean;
  /** The device is up. */
  readonly device?: boolean;
  /** AMT_STATE; true when left out. */
  readonly amt?: boolean;
  /** NIC_OWNER. */
  readonly owner?: 'host' | 'csme';
  readonly filters?: OobFilters;
}

/** A link that is up. */
export function* up(s: Stage, opening: Opening = {}): Play {
  if (s.helped && opening.driver !== false) yield* s.call('register');
  if (opening.netdev) yield* s.call('set_netdev', { dev: 'wlan0' });
  const version = yield* probe(s);
  s.csme.startOk(version);
  if (opening.amt !== false) yield* enable(s);
  if (opening.owner !== undefined)
    yield* s.tell({ name: 'NIC_OWNER', owner: opening.owner === 'host' ? 1 : 2 });
  if (opening.device) yield* s.call('device_state', { up: 1 });
  if (opening.filters) yield* filters(s, opening.filters);
}

/** A link with the smaller area, whose notification ring is soon full, where the helper can have it. */
export function* upSmall(s: Stage): Play {
  if (s.helped) yield* s.attempt(s.limit(AREA_LAYOUTS[3].size));
  yield* up(s);
}

/** AMT is enabled: the initial configuration must come, to its end. */
export function* enable(s: Stage, check: CheckId = 'init.missing'): Play {
  yield* s.tell({ name: 'AMT_STATE', enabled: 1 });
  yield* s.expect(check, message('RADIO_STATE'));
}

export function* filters(s: Stage, oobFilters: OobFilters): Play {
  yield* s.tell({ name: 'CSME_FILTERS', oobFilters });
}

/** The driver is alive: it answers. */
export function* alive(s: Stage, check: CheckId = 'ping.pong'): Play {
  s.mark();
  s.csme.write({ name: 'PING' });
  s.csme.bell();
  yield* s.read(check === 'ping.pong' ? 'ring.read-whole' : check);
  yield* s.expect(check, message('PONG'));
}
