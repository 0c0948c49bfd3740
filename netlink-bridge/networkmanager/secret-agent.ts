/**
 * The secrets of the copied profile, told to NetworkManager when it asks: those that it keeps itself it would write to a
 * file. A secret agent as desktops have one, for that one profile.
 */
import { type Bus, DbusError, type IncomingAnswer, type IncomingCall } from './bus.ts';
import { asSettings, type Settings } from './profiles.ts';
import { type DbusValue, stringIn } from './values.ts';

const SERVICE = 'org.freedesktop.NetworkManager';
const MANAGER = {
  path: '/org/freedesktop/NetworkManager/AgentManager',
  interface: `${SERVICE}.AgentManager`,
};
const AGENT = { path: '/org/freedesktop/NetworkManager/SecretAgent', interface: `${SERVICE}.SecretAgent` };
const IDENTIFIER = 'org.sapwood.agent';
/** Lets NetworkManager ask the next agent. */
const NO_SECRETS = `${AGENT.interface}.NoSecrets`;
const NOTHING: IncomingAnswer = { signature: '', body: [] };

export class SecretAgent {
  readonly #bus: Bus;
  /** The present owner of NetworkManager's name, the only one that is answered. */
  readonly #ownerOf: () => string | undefined;
  #uuid: string | undefined;
  #secrets: Settings = new Map();
  #registered: string | undefined;

  constructor(bus: Bus, ownerOf: () => string | undefined) {
    this.#bus = bus;
    this.#ownerOf = ownerOf;
    bus.onCall = (call) => this.#answer(call);
  }

  /** From now on NetworkManager gets these secrets for this profile. */
  async offer(uuid: string, secrets: Settings): Promise<void> {
    this.#uuid = uuid;
    this.#secrets = secrets;
    const owner = this.#ownerOf();
    if (secrets.size === 0 || owner === undefined || owner === this.#registered) return;
    await this.#call(owner, 'Register', [IDENTIFIER]);
    this.#registered = owner;
  }

  /** Forgets them. */
  async withdraw(): Promise<void> {
    this.#uuid = undefined;
    this.#secrets = new Map();
    const owner = this.#registered;
    this.#registered = undefined;
    if (owner === undefined || owner !== this.#ownerOf()) return;
    await this.#call(owner, 'Unregister').catch((error: unknown) => {
      if (!(error instanceof DbusError)) throw error;
    });
  }

  #call(destination: string, member: string, body?: readonly DbusValue[]): Promise<DbusValue[]> {
    const content = body === undefined ? {} : { signature: 's', body };
    return this.#bus.call({ destination, ...MANAGER, member, ...content });
  }

  #answer({ sender, path, interface: iface, member, body }: IncomingCall): IncomingAnswer {
    if (path !== AGENT.path || iface !== AGENT.interface) return undefined;
    if (sender !== this.#ownerOf()) return NO_SECRETS;
    if (member === 'CancelGetSecrets' || member === 'SaveSecrets' || member === 'DeleteSecrets')
      return NOTHING;
    if (member !== 'GetSecrets') return undefined;
    const [profile, , setting] = body;
    const uuid = stringIn(asSettings(profile).get('connection'), 'uuid');
    const secrets = typeof setting === 'string' ? this.#secrets.get(setting) : undefined;
    if (uuid !== this.#uuid || secrets === undefined) return NO_SECRETS;
    return { signature: 'a{sa{sv}}', body: [new Map([[setting as string, secrets]])] };
  }
}
