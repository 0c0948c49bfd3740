/** The steps of the demo in words. The first ten are those of a hand-over, as Intel described it to NetworkManager. */
import { declOf, type KnownMessage, ME_MSG } from '../../sap/index.ts';
import type { TraceEvent } from '../../trace/index.ts';

export interface Step {
  readonly n: number;
  readonly title: string;
  /** One sentence or two: what happens, and why. */
  readonly text: string;
  /** The event that begins the step; without it the script says when. */
  readonly begins?: (event: TraceEvent) => boolean;
}

export const HAND_OVER = 10;

export const STEPS: readonly Step[] = [
  {
    n: 1,
    title: 'The WLAN driver starts, and CSME holds the card',
    text: 'AMT is enabled and an administrator works on this machine, through CSME, over WLAN. The host introduces itself and asks who owns the card.',
  },
  {
    n: 2,
    title: 'rfkill blocks with reason NOT_OWNER',
    text: 'CSME protects its link: the card is fine, but it is not ours now.',
    begins: (e) => isNotif(e, 'm2h', 'CSME_CONN_STATUS'),
  },
  {
    n: 3,
    title: "CSME's access point is passed up",
    text: 'The network agent sees NOT_OWNER and asks which access point CSME is on.',
  },
  {
    n: 4,
    title: 'The agent checks its credentials',
    text: 'Without credentials for that network, taking the card ends the session.',
  },
  {
    n: 5,
    title: 'The agent prepares the supplicant and is ready',
    text: 'One frequency, one BSSID: a full scan takes 4 s, the session survives 3 s.',
  },
  {
    n: 6,
    title: 'The host asks for the card',
    text: 'The agent is ready, so the host asks; CSME has 500 ms to answer.',
  },
  {
    n: 7,
    title: 'CSME releases the card',
    text: 'Nobody serves the session now: the host has 3 s to join that access point.',
    begins: (e) => isNotif(e, 'm2h', 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ'),
  },
  {
    n: 8,
    title: 'The host is owner, rfkill is lifted',
    text: 'Its confirmation waits for a door bell: they ring once in 100 ms at most.',
    begins: (e) =>
      isNotif(e, 'h2m', 'HOST_OWNERSHIP_CONFIRMED') || (e.ch === 'wifi-op' && e.name === 'rfkill'),
  },
  {
    n: 9,
    title: 'The host connects to exactly that access point, DHCP included',
    text: 'HOST_LINK_UP tells CSME, which also gets its copies of the DHCP exchange.',
  },
  {
    n: 10,
    title: 'Connected, and the remote session lives on',
    text: "The administrator's next TCP segment arrives over the host's link. CSME's filter takes it, and CSME answers on the same connection.",
  },
  {
    n: 11,
    title: 'Afterwards: the session ends',
    text: 'Nothing to protect any more: the agent lifts its limits, roaming is allowed.',
  },
  {
    n: 12,
    title: 'The other way round: CSME takes the card',
    text: 'rfkill blocks, the driver brings the device down, then the host confirms. CSME keeps the card for 60 s at least.',
  },
  {
    n: 13,
    title: 'The host leaves in order',
    text: 'CSME reads the rings for the last time, then the shared area is unmapped.',
  },
];

/** Whether it is a CHECK_SHARED_AREA of either side. */
export function isBell(event: TraceEvent): boolean {
  return event.ch === 'me' && event.bytes[0] === ME_MSG.CHECK_SHARED_AREA;
}

function isNotif(event: TraceEvent, dir: 'h2m' | 'm2h', name: KnownMessage['name']): boolean {
  if (event.ch !== 'notif' || event.dir !== dir) return false;
  return (event.bytes[0]! | (event.bytes[1]! << 8)) === declOf(name).id;
}
