/** rtnetlink: the addresses of interfaces, and what changes of addresses and links. */
export { type AddressEvent, isReachable, type LinkEvent, type RtnetlinkEvent } from './decode.ts';
export { openRtnetlink, type Rtnetlink, type RtnetlinkOptions } from './open.ts';
