/** The questions that steps of the table ask before they are taken. They change nothing. */
import { ETH_HLEN, HostSuspendsFlags } from '../sap/messages/index.ts';
import { type Context, heard, told } from './context.ts';

export const GUARDS = {
  /** SAP is up and the host awake. */
  linkUp: (c) => c.state.link === 'up',
  session: (c) => c.state.amt === 'session',
  /** CSME was told, or is made, to refuse. */
  refusesAsks: (c) => !c.state.grants,
  /** The 60 s of CSME's are not over. */
  holding: (c) => c.state.timers.hold !== null,
  /** A grant is not confirmed yet, so what the host says next, it may have said before it saw the grant. */
  grantOpen: (c) => c.state.grantsOpen > 0,
  takingOpen: (c) => c.state.takingsOpen > 0,
  onProtectedAp: (c) => heard(c, 'HOST_LINK_UP').connectionInfo.bssid === c.state.ap?.bssid,
  offersCard: (c) => (heard(c, 'HOST_SUSPENDS').flags & HostSuspendsFlags.OFFER_NIC) !== 0,
  reinitialises: (c) => heard(c, 'HOST_RESUMES').initControlBlock === 1,
  missedTooMany: (c) => c.state.awaitingPong && c.state.pingsMissed + 1 >= c.state.profile.pingsMissed,
  /** There is an access point that a session can run over. */
  hasAp: (c) => (told(c, 'startSession').ap ?? c.state.ap) !== null,
  hasNvm: (c) => c.state.profile.nvm !== null,
  nvmGiven: (c) => (told(c, 'sendNvm').nvm ?? c.state.profile.nvm) !== null,
  acceptsPldr: (c) => c.state.profile.pldr === 'accepts',
  /** A data message of less than an Ethernet header is a kernel BUG in the reference: never sent. */
  frameMayGo: (c) => c.state.link === 'up' && told(c, 'sendFrame').frame.length >= ETH_HLEN,
} as const satisfies Record<string, (c: Context) => boolean>;

export type Guard = keyof typeof GUARDS;
