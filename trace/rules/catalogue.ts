/**
 * The rules that a host keeps: the one table. `sapwood validate` and `sapwood conformance` judge by it, `docs/rules.md`
 * is printed from it.
 */

export const SEVERITIES = ['error', 'warning', 'note'] as const;
/**
 * `error`: CSME, its user or the host loses something. `warning`: a defect that stays inside of the host, or that CSME
 * can live with. `note`: unusual, and allowed.
 */
export type Severity = (typeof SEVERITIES)[number];

export interface Rule {
  readonly title: string;
  /** Where the rule is from: the page of ours, and the reference's source that it was observed with. */
  readonly source: string;
  readonly severity: Severity;
  /** What breaks it, and why that matters. */
  readonly doc: string;
}

const MAIN = 'iwlwifi/mei/main.c';
const NET = 'iwlwifi/mei/net.c';

export const RULES = {
  // --- start-up
  'map.order': {
    title: 'Version 4 is offered first, version 3 when it is refused',
    source: `docs/host.md, Phases; ${MAIN}`,
    severity: 'error',
    doc: 'The area is asked for with 172032 bytes (version 4) and, when CSME refuses that, with 139264 (version 3); at most three rounds, 100 ms apart. Any other size or order leaves both sides with different rings, or without a version that both speak.',
  },
  'start.area': {
    title: 'The area is laid out before START',
    source: `docs/messages.md, Shared area; ${MAIN}: iwl_mei_init_shared_mem`,
    severity: 'error',
    doc: 'When START arrives the control block says "SAP!", 64, the sizes of the four rings of the version that START names, all pointers 0, and the trailer says "SAP!". CSME reads the rings by this block: a wrong size, order or pointer makes it read rubbish.',
  },
  'start.first-message': {
    title: 'START is the first ME message, and comes once for each area',
    source: `docs/host.md, Phases; ${MAIN}`,
    severity: 'error',
    doc: 'A door bell before START, a second START for the same area, or a new area without a START leaves CSME with the state of another life.',
  },
  'start.contents': {
    title: 'START has 88 bytes and says so',
    source: 'docs/messages.md, START',
    severity: 'error',
    doc: 'START is 88 bytes, its len too, and shared_mem is 0: the area is mapped by the bus. CSME cannot find the list of versions in a message of another shape.',
  },
  'start.versions': {
    title: 'START names the version of the area that was mapped, and no other',
    source: 'docs/messages.md, START; docs/host.md, Phases',
    severity: 'error',
    doc: 'The two versions differ in the size of the first ring. A version that the mapped area does not have makes CSME look for three of the four rings in the wrong place.',
  },
  'start.no-sap-before-start-ok': {
    title: 'No SAP message before START_OK',
    source: 'docs/host.md, Phases',
    severity: 'error',
    doc: 'Until CSME has answered START nothing may stand in the rings: CSME may still set them up, and reads with the version that it has not agreed to.',
  },
  'start.start-ok-checked': {
    title: 'A START_OK of another size or version is refused',
    source: 'docs/host.md, Phases (ourVersion); docs/messages.md, START_OK',
    severity: 'error',
    doc: 'START_OK has exactly 20 bytes and names the version that START named. A host that goes on after any other talks to a CSME that reads the rings differently.',
  },

  // --- SAP messages
  'sap.seq': {
    title: 'Messages are numbered from 1 by one counter for both rings',
    source: 'docs/trace-format.md; docs/messages.md, SAP messages',
    severity: 'error',
    doc: 'Each link begins with 1, every message has the next number, notifications and data together. A number that is left out, comes twice or goes back says that messages were lost, repeated or overwritten; only a full ring excuses a gap.',
  },
  'sap.length': {
    title: 'A message is as long as its layout, and as its header says',
    source: 'docs/messages.md, SAP messages',
    severity: 'error',
    doc: 'The length of the header is that of the payload, and the payload is the layout of the type. CSME drops a shorter message, and everything behind a wrong length is read from the wrong place.',
  },
  'sap.queue': {
    title: 'Notifications go through the notification ring, frames through the data ring',
    source: 'docs/messages.md, SAP messages',
    severity: 'error',
    doc: 'A type in the other ring is dropped by CSME: the message is lost.',
  },
  'sap.type': {
    title: 'The host sends messages of the host',
    source: 'docs/messages.md, SAP messages',
    severity: 'error',
    doc: 'A type that only CSME sends, that is deprecated or that nobody knows has no meaning for CSME; nor has an ME message other than START and CHECK_SHARED_AREA.',
  },
  'sap.reserved': {
    title: 'Reserved bytes are zero',
    source: 'docs/messages.md',
    severity: 'warning',
    doc: 'Bytes without a meaning are 0, so that a later version may give them one; a host that leaves them as they were also shows its memory to CSME.',
  },

  // --- door bell
  'bell.throttle': {
    title: 'At least 100 ms lie between two door bells',
    source: `docs/host.md, Timers (bellThrottle); ${MAIN}`,
    severity: 'error',
    doc: 'A door bell wakes the firmware. After one the next comes 100 ms later at the earliest; HOST_GOES_DOWN alone may ring at once.',
  },
  'bell.missing': {
    title: 'What was written is signalled',
    source: `docs/host.md, Timers (bellThrottle); ${MAIN}`,
    severity: 'error',
    doc: 'A message is followed by a door bell: at once, or when the throttle of the last one ends. Without it the message lies in its ring until something else is signalled, and CSME answers late or never. A copy of a DHCP frame may wait.',
  },
  'bell.repeat': {
    title: 'The door bell is repeated while CSME has not read',
    source: `docs/host.md, Timers (bellThrottle); ${MAIN}`,
    severity: 'warning',
    doc: 'When a throttle ends and a ring of the host is not empty, the host rings again, every 100 ms. A bell that the firmware missed in its sleep is then made up for.',
  },

  // --- rings
  'ring.full-reads-empty': {
    title: 'A ring is never filled to its last byte',
    source: 'docs/host.md, Quirks (full-ring-reads-empty)',
    severity: 'error',
    doc: 'When a message fits exactly into the free bytes, the write pointer reaches the read pointer and the full ring reads as empty: all that it holds is lost to CSME. A writer leaves at least one byte free.',
  },
  'ring.overwrite': {
    title: 'What CSME has not read is not overwritten',
    source: 'docs/host.md, Hostile memory',
    severity: 'error',
    doc: 'A message that does not fit is not written. One that is written over unread ones destroys them, and CSME reads from the middle of a message.',
  },
  'ring.pointer': {
    title: 'Pointers stay inside of their ring',
    source: 'sap/area/ring.ts; docs/host.md, Hostile memory',
    severity: 'error',
    doc: "The host owns the write pointers of its rings and the read pointers of CSME's; each is less than the size of its ring, and no message is cut by the pointer. The host changes no other word of the control block.",
  },
  'ring.read-whole': {
    title: 'Upon a door bell the host reads all that is in the rings',
    source: 'docs/host.md, Hostile memory',
    severity: 'error',
    doc: 'The host handles everything up to the write pointer and then sets its read pointer there, whatever it thought of the messages. What it leaves is handled late or twice, and the ring fills up.',
  },

  // --- initial configuration
  'init.missing': {
    title: 'When AMT is enabled the whole initial configuration is sent',
    source: 'docs/host.md, Theory of operation',
    severity: 'error',
    doc: "When AMT_STATE goes from 0 to another value: WIFIDR_UP (with a WLAN driver), WHO_OWNS_NIC, HOST_LINK_UP (when associated), COUNTRY_CODE, SAR_LIMITS and NIC_INFO (when known), RADIO_STATE. What is left out CSME does not know: it may transmit with another country's power, or believe that nobody is associated.",
  },
  'init.order': {
    title: 'The initial configuration comes in its order',
    source: 'docs/host.md, Theory of operation',
    severity: 'error',
    doc: 'WIFIDR_UP, WHO_OWNS_NIC, HOST_LINK_UP, COUNTRY_CODE, SAR_LIMITS, NIC_INFO, RADIO_STATE, with nothing else between them.',
  },
  'init.contents': {
    title: 'The initial configuration has the latest settings',
    source: 'docs/host.md, Theory of operation',
    severity: 'error',
    doc: 'Each message has what the WLAN driver said last, also before the link was up and while AMT was disabled; a country that was never set is 0, a radio state that was never set is 3. Nothing that is not known is sent.',
  },
  'init.collocated': {
    title: 'The collocated access point is kept',
    source: 'docs/host.md, Quirks (collocated-ap-forgotten)',
    severity: 'warning',
    doc: 'A HOST_LINK_UP of the initial configuration names the collocated access point that the association had. Without it AMT on the 6 GHz band loses the access point that it could be reached through.',
  },

  // --- settings
  'settings.sent': {
    title: 'While AMT is enabled a setting goes to CSME as it comes',
    source: 'docs/host.md, Theory of operation',
    severity: 'error',
    doc: 'Country, power limits, addresses, radio state, association and its end are sent when the WLAN driver says them, in that order and with those values.',
  },
  'settings.quiet': {
    title: 'While AMT is disabled settings are kept, not sent',
    source: 'docs/host.md, Theory of operation',
    severity: 'error',
    doc: 'Before AMT is enabled, and after it was disabled, a setting is only remembered. Nor is one sent that nobody gave.',
  },
  'driver.up': {
    title: 'WIFIDR_UP and WIFIDR_DOWN tell when the WLAN driver comes and goes',
    source: 'docs/host.md, Every row',
    severity: 'error',
    doc: 'While AMT is enabled the registration of a WLAN driver is told with WIFIDR_UP and its leaving with WIFIDR_DOWN, once each; while AMT is disabled neither is.',
  },

  // --- answers
  'ping.pong': {
    title: 'PING is answered with one PONG',
    source: 'docs/messages.md, PING',
    severity: 'error',
    doc: 'CSME takes a host that does not answer for dead, and the card with it. A PONG that nobody asked for, or a second one, counts as the answer to the next PING, which the host may be too dead to give.',
  },
  'nvm.request': {
    title: 'get_nvm asks CSME with one GET_NVM',
    source: 'docs/host.md, Every row',
    severity: 'error',
    doc: 'Every get_nvm on a link sends one GET_NVM, AMT enabled or not, and nothing else does.',
  },
  'nvm.result': {
    title: 'get_nvm gives what CSME answered, or nothing after 2 s',
    source: 'docs/host.md, Timers (nvmReply)',
    severity: 'error',
    doc: 'The result is the content of the NVM message that came for it. Without one it is nothing, 2 s later.',
  },
  'nvm.stale': {
    title: 'get_nvm does not give an older answer',
    source: 'docs/host.md, Quirks (stale-nvm)',
    severity: 'warning',
    doc: 'When an NVM has come before, get_nvm still waits for the answer to its own request: the stored one may be of another card or region.',
  },
  'pldr.tries': {
    title: 'PLDR is tried at most three times, 500 ms apart',
    source: 'docs/host.md, Timers (pldrReply)',
    severity: 'error',
    doc: 'Each try waits 500 ms for PLDR_ACK; after the third the call fails. Without a link or with AMT disabled the call succeeds at once and nothing is sent.',
  },
  'pldr.end': {
    title: 'An accepted PLDR ends with one PLDR_END',
    source: 'docs/host.md, Every row',
    severity: 'error',
    doc: 'After PLDR_ACK with status 0 the first report of the firmware (alive or not) is told with PLDR_END and its status, once. After a refusal nothing follows. CSME waits for it with its own use of the card.',
  },

  // --- ownership
  'own.ask': {
    title: 'get_ownership asks with one HOST_ASKS_FOR_NIC_OWNERSHIP',
    source: 'docs/host.md, Every row',
    severity: 'error',
    doc: 'When AMT is enabled and CSME owns the card, get_ownership sends one request; and none is sent without a cause (a call, CSME_CAN_RELEASE_OWNERSHIP, the end of the 60 s).',
  },
  'own.no-ask-when-owner': {
    title: 'The owner does not ask',
    source: 'docs/host.md, Every row (amtOffOrOwner)',
    severity: 'error',
    doc: 'With AMT disabled, or when the host owns the card already, get_ownership succeeds at once without a message.',
  },
  'own.result': {
    title: 'get_ownership says what CSME said',
    source: 'docs/host.md, Timers (ownershipReply)',
    severity: 'error',
    doc: '0 after a grant; a negative error number after a refusal, or after 500 ms without an answer. A refusal may end the call at once.',
  },
  'own.confirm': {
    title: 'A grant is confirmed with one HOST_OWNERSHIP_CONFIRMED',
    source: 'docs/host.md, Every row (granted)',
    severity: 'error',
    doc: 'CSME gives the card up when the host confirms. A confirmation without a grant, or after a refusal, makes CSME let go of a card that it uses.',
  },
  'own.ask-again': {
    title: 'The host asks again after 60 s, not earlier',
    source: 'docs/host.md, Timers (ownershipRetry)',
    severity: 'error',
    doc: 'CSME keeps a card that it took for 60 s. The host asks again 60 s after it confirmed the taking or after a request failed: earlier is refused, later leaves the user without network.',
  },
  'own.offer': {
    title: 'CSME_CAN_RELEASE_OWNERSHIP is taken up at once',
    source: 'docs/host.md, Every row (driverRegistered)',
    severity: 'error',
    doc: 'When CSME offers the card and a WLAN driver is registered, the host asks for it.',
  },
  'own.confirm-taking': {
    title: 'A taking is confirmed once, when the device is down',
    source: 'docs/host.md, Every row (CSME_TAKING_OWNERSHIP)',
    severity: 'error',
    doc: 'CSME_TAKING_OWNERSHIP is answered with one CSME_OWNERSHIP_CONFIRMED: at once when the device is down, else when it came down. Earlier, CSME and the host drive the card at once; never, CSME takes it from under the host.',
  },
  'own.taking-told': {
    title: 'The WLAN driver is told that CSME takes the card',
    source: 'docs/host.md, Theory of operation',
    severity: 'error',
    doc: 'When the device is up, the taking blocks rfkill with the reason that CSME is taking, so that the driver takes the device down.',
  },

  // --- link protection
  'lp.status': {
    title: 'CSME_CONN_STATUS is passed up',
    source: 'docs/host.md, Theory of operation',
    severity: 'error',
    doc: 'The WLAN driver gets the access point that CSME is on, with all its fields: the agent has to join exactly that one.',
  },
  'lp.rfkill': {
    title: 'rfkill follows link protection while CSME owns the card',
    source: 'docs/host.md, Theory of operation',
    severity: 'error',
    doc: 'While CSME owns the card rfkill is blocked when CSME_CONN_STATUS has a link_prot_state, and released when it has none, when ownership is granted, when AMT is disabled and when the link ends. A remote session breaks when the host drives the card; a block that stays leaves the user without network.',
  },
  'lp.roaming': {
    title: 'Roaming is forbidden while the link of the owner is protected',
    source: 'docs/host.md, Theory of operation',
    severity: 'error',
    doc: 'While the host owns the card each CSME_CONN_STATUS is told to the WLAN driver as roaming_forbidden with its link_prot_state. A host that roams breaks the remote session.',
  },

  // --- frames
  'rx.to-csme': {
    title: 'A frame that CSME asked for is put into the data ring',
    source: `docs/rx.md; sap/filter.ts; ${NET}`,
    severity: 'error',
    doc: 'Every received frame that the last CSME_FILTERS matches becomes a DATA_PACKET, as long as the ring has room. AMT cannot be reached through a host that leaves frames out.',
  },
  'rx.multicast': {
    title: 'Multicast filters compare the destination address',
    source: 'docs/host.md, Quirks (multicast-header-compare)',
    severity: 'error',
    doc: "A multicast frame is held against the 6 bytes of the filter's address. The reference compares 14 bytes, among them the frame's source and type with whatever follows the address in its table, and so matches almost nothing: CSME never hears of the frame.",
  },
  'rx.not-to-csme': {
    title: 'A frame that CSME did not ask for stays with the host',
    source: `docs/rx.md; sap/filter.ts; ${NET}`,
    severity: 'error',
    doc: "What no filter matches, and everything before the first CSME_FILTERS or behind a disabled entry, is not copied: it is the user's traffic.",
  },
  'rx.bytes': {
    title: 'A frame reaches CSME as it was received',
    source: 'docs/rx.md',
    severity: 'error',
    doc: 'Whole and unchanged, but for one VLAN tag, which is taken off.',
  },
  'rx.order': {
    title: 'Frames reach CSME once, in the order in which they were received',
    source: 'docs/rx.md',
    severity: 'error',
    doc: 'A stream whose frames change places or come twice is slow, and looks like loss.',
  },
  'rx.host-keeps': {
    title: 'The host keeps a frame unless CSME asked for it alone',
    source: `docs/rx.md; sap/filter.ts; ${NET}`,
    severity: 'error',
    doc: "A frame that CSME does not get, or gets as a copy, goes to the host's stack; one that CSME wants alone does not.",
  },
  'rx.lost': {
    title: 'A frame that the ring does not take is not taken from the host',
    source: 'docs/host.md, Quirks (data-ring-full-loses-frame, no-headroom-loses-frame)',
    severity: 'warning',
    doc: 'When CSME wants a frame and the data ring has no room, or there is no room for a header, neither side gets it in the reference. The host keeps it instead.',
  },
  'tx.dhcp-copy': {
    title: 'CSME gets a copy of what the DHCP client sends',
    source: `docs/rx.md; docs/messages.md, CB_DATA_PACKET; ${NET}`,
    severity: 'error',
    doc: 'A sent frame of IPv4, UDP, port 68 to 67 is copied as CB_DATA_PACKET with bit 30 of to_me_filt_status, its length and its Ethernet form; nothing else that the host sends is. CSME learns its address from it.',
  },
  'tx.forward': {
    title: "CSME's frames go out as they are",
    source: 'docs/rx.md; docs/host.md, Inputs and outputs (transmit)',
    severity: 'error',
    doc: 'Each DATA_PACKET of CSME goes out on the air, once, whole, unchanged and in order; nothing goes out that CSME did not send.',
  },

  // --- end of a link
  'removal.goes-down': {
    title: 'HOST_GOES_DOWN announces that the area goes',
    source: 'docs/host.md, Every row (sayGoodbye)',
    severity: 'error',
    doc: 'When the client goes away in order HOST_GOES_DOWN is written and signalled at once, throttle or not, and CSME gets up to 200 ms to read it before the area is unmapped. A CSME that is not told reads memory that is gone.',
  },
  'removal.goes-down-last': {
    title: 'HOST_GOES_DOWN is the last message of a link',
    source: 'docs/host.md, Every row (sayGoodbye)',
    severity: 'error',
    doc: "Nothing follows it; until the next START the area is not CSME's to read.",
  },
  'removal.silence': {
    title: 'After the removal nothing is sent until the next START',
    source: 'docs/host.md, Phases',
    severity: 'error',
    doc: 'An area that was unmapped, or lost by a reset, is not used again. The next life begins with a new area, its number 1 and START.',
  },
  'removal.stolen': {
    title: 'A device that stays up is reported stolen',
    source: 'docs/host.md, Timers (deviceDown)',
    severity: 'error',
    doc: 'When the client goes away the WLAN driver has 50 ms to take the device down; then it is told nic_stolen. A driver that took it down is not.',
  },
  'removal.rfkill': {
    title: 'rfkill is released when the link ends',
    source: 'docs/host.md, Every row (unblockRfkill)',
    severity: 'error',
    doc: 'Without a link nobody arbitrates: the host may use the card.',
  },
  'removal.wakes': {
    title: 'Who waits is woken when the link ends',
    source: 'docs/host.md, Quirks (waiter-survives-removal)',
    severity: 'warning',
    doc: 'get_ownership, get_nvm and pldr return an error as soon as the link is gone; a caller that sleeps on does so in memory that is freed.',
  },

  // --- hostile CSME
  'hostile.survives': {
    title: 'Nothing that CSME writes stops the host',
    source: 'docs/host.md, Hostile memory',
    severity: 'error',
    doc: 'After a message that is too short, too long, unknown, in the wrong ring or cut off, and after damaged pointers, the host still answers. A DATA_PACKET of less than an Ethernet header is a kernel BUG in the reference.',
  },
  'hostile.skipped': {
    title: 'A bad message is skipped, and only it',
    source: 'docs/host.md, Hostile memory; docs/messages.md, Errors',
    severity: 'warning',
    doc: 'A message that is too short or of an unknown type is passed over by its own length and the rest of the batch is handled. A host that gives up the batch loses good messages; one that reads on inside of the bad one takes its bytes for messages.',
  },
  'hostile.ignored': {
    title: 'A bad message has no effect',
    source: 'docs/host.md, Hostile memory; docs/messages.md, Errors',
    severity: 'error',
    doc: 'A message that is too short for its layout, larger than 4096 bytes with its header, or that claims more than the ring holds is not acted on: its bytes are not its own.',
  },
} as const satisfies { readonly [id: string]: Rule };

export type RuleId = keyof typeof RULES;
export const RULE_IDS = Object.keys(RULES) as readonly RuleId[];

export function isRule(id: string): id is RuleId {
  return Object.hasOwn(RULES, id);
}
