/** The veth pair between sender and receivers, in the network namespace of this process. */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { formatMac } from '../../sap/index.ts';
import { STATION_MAC } from '../rx/traffic.ts';

/** The sender's end, and the one that has the host's card. */
export const SENDER_END = 'sap-peer';
export const HOST_END = 'sap-wlan';

/** Makes the pair, up and without an address; nothing but the sender's frames moves on it. */
export function makePair(): void {
  withoutIpv6();
  ip(
    'link set lo up',
    `link add ${SENDER_END} type veth peer name ${HOST_END}`,
    `link set ${HOST_END} address ${formatMac(STATION_MAC)}`,
    `link set ${SENDER_END} arp off up`,
    `link set ${HOST_END} arp off up`,
  );
}

/** Runs commands of iproute2; throws an Error with what it says when one fails. */
export function ip(...commands: readonly string[]): void {
  const { error, status, stderr } = spawnSync('ip', ['-batch', '-'], {
    input: `${commands.join('\n')}\n`,
    encoding: 'utf8',
  });
  if (error !== undefined)
    throw new Error('The bench needs ip (Debian: iproute2), which is not on the PATH.');
  if (status !== 0) throw new Error(`ip refuses: ${stderr.trim()}`);
}

/** Router solicitations and duplicate address detection would be frames that nobody sent. */
function withoutIpv6(): void {
  for (const scope of ['all', 'default']) {
    const knob = `/proc/sys/net/ipv6/conf/${scope}/disable_ipv6`;
    if (existsSync(knob)) writeFileSync(knob, '1');
  }
}
