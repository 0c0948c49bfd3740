import { expect, it } from 'vitest';
import { parseEvent } from '../../../netlink-bridge/wpa/events.ts';
import { failureOf } from '../../../netlink-bridge/wpa/failures.ts';

const disabled = (reason: string) =>
  `SSID-TEMP-DISABLED id=3 ssid="corp-ap" auth_failures=1 duration=10 reason=${reason}`;

it.each([
  ['ASSOC-REJECT bssid=02:00:00:00:01:00 status_code=1 timeout=auth', 'ap-gone', 'does not answer'],
  ['ASSOC-REJECT bssid=02:00:00:00:01:00 status_code=17', 'rejected', 'status 17'],
  ['ASSOC-REJECT ', 'rejected', 'status unknown'],
  ['AUTH-REJECT 02:00:00:00:01:00 auth_type=3 auth_transaction=1 status_code=15', 'rejected', 'status 15'],
  ['EAP-FAILURE EAP authentication failed', 'rejected', 'authentication server'],
  [disabled('WRONG_KEY'), 'rejected', 'WRONG_KEY'],
  [disabled('AUTH_FAILED'), 'rejected', 'AUTH_FAILED'],
  [disabled('CONN_FAILED'), 'other', 'CONN_FAILED'],
])('%s: %s', (said, why, detail) => {
  const failure = failureOf(parseEvent(`<3>CTRL-EVENT-${said}`)!, 3);
  expect(failure).toEqual([why, expect.stringContaining(detail)]);
});

it.each([
  'CONNECTED - Connection to 02:00:00:00:01:00 completed [id=3 id_str=]',
  'DISCONNECTED bssid=02:00:00:00:01:00 reason=3',
  // Whoever scans once more may find it.
  'NETWORK-NOT-FOUND ',
  'TERMINATING ',
  // Another network.
  'SSID-TEMP-DISABLED id=4 ssid="home" auth_failures=1 duration=10 reason=WRONG_KEY',
])('%s is none', (said) => {
  expect(failureOf(parseEvent(`<3>CTRL-EVENT-${said}`)!, 3)).toBeUndefined();
});
