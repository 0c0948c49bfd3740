/**
 * Where this host is deliberately better than the reference driver. Each deviation has a name; switching it on gives
 * the reference's behaviour, so that recordings of the real driver replay exactly. What firmware sees of every host (a
 * door bell of 88 bytes whose length field is 0) is no quirk: this host sends it too.
 */

export const QUIRKS = {
  'full-ring-reads-empty':
    'A message may fill a ring to its last byte; write and read pointer are then equal and the whole content is lost.',
  'multicast-header-compare':
    "A multicast filter is compared with the frame's 14 header bytes instead of its destination, and so matches almost nothing.",
  'data-ring-full-loses-frame':
    'A frame that CSME wants but that does not fit into the data ring is taken from the host all the same, and signalled.',
  'no-headroom-loses-frame':
    'The network device leaves less than 8 bytes before a frame: no frame reaches the ring, the host loses it all the same.',
  'unsupported-data-not-skipped':
    'The payload of a data message of another type than DATA_PACKET is parsed as if messages stood in it.',
  'short-data-frame-kills-host':
    'A DATA_PACKET of less than an Ethernet header is a kernel BUG; the host does nothing any more.',
  'sap-before-start-ok':
    'The rings are read before START_OK; an AMT_STATE that stands there is stored, and the initial configuration is never sent.',
  'ownership-wait-sleeps-on':
    'A refusal or a NIC_OWNER does not end the wait of get_ownership; it returns when its 500 ms are over.',
  'ownership-retry-runs-on':
    'The 60 s until the next request are not restarted when CSME takes the device again, nor ended by a grant.',
  'taking-survives-grant':
    'A grant between CSME_TAKING_OWNERSHIP and the device going down does not take back the promise to confirm.',
  'owner-does-not-move-rfkill':
    'NIC_OWNER, a taking while the device is down and the registration of a WLAN driver leave rfkill as it is, whoever owns the card; a grant does not forbid roaming.',
  'roaming-stays-forbidden':
    'Roaming that was forbidden stays so when the host loses the card, AMT is disabled or the link ends.',
  'link-protection-outlives-amt':
    'A protected link is remembered while AMT is disabled, and a WLAN driver that registers then is told that rfkill blocks.',
  'connection-status-needs-driver':
    'A CSME_CONN_STATUS that comes while no WLAN driver is registered is dropped; the next one to register is told the state before it.',
  'stale-nvm':
    'Once an NVM was received, get_nvm returns that one at once; the answer to it is seen by the next call.',
  'collocated-ap-forgotten':
    'The HOST_LINK_UP of the initial configuration has lost the collocated access point.',
  'connection-status-cut-to-8-bits':
    'Link protection, SSID length, authentication and cipher are cut to 8 bits before they are looked at or reported.',
  'dhcp-copy-not-signalled': 'A CB_DATA_PACKET lies in its ring until something else is signalled.',
  'waiter-survives-removal':
    'A caller that waits while the client is removed sleeps on, and returns when its own time is over.',
  'goes-down-on-dead-bus':
    'After a firmware reset HOST_GOES_DOWN is written, and its 200 ms are waited for in vain.',
} as const satisfies Record<string, string>;

export type QuirkName = keyof typeof QUIRKS;
export type Quirks = { readonly [Q in QuirkName]?: boolean };

/** What each driver is known to do, by the name that its recordings carry. */
const DRIVERS: { readonly [driver: string]: readonly QuirkName[] } = {
  'iwlmei 6.12': (Object.keys(QUIRKS) as QuirkName[]).filter((name) => name !== 'no-headroom-loses-frame'),
};

/** The quirks of a driver, or `undefined` for one that is not known. */
export function quirksOfDriver(driver: string): readonly QuirkName[] | undefined {
  return Object.hasOwn(DRIVERS, driver) ? DRIVERS[driver] : undefined;
}
