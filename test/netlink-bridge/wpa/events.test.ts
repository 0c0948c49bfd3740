import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isEvent, parseEvent } from '../../../netlink-bridge/wpa/events.ts';

const BSSID = 0x020000000100;

describe('events as wpa_supplicant 2.10 writes them', () => {
  it.each([
    [
      '<3>CTRL-EVENT-CONNECTED - Connection to 02:00:00:00:01:00 completed [id=0 id_str=]',
      { type: 'connected', bssid: BSSID },
    ],
    [
      '<3>CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:01:00 reason=3 locally_generated=1',
      { type: 'disconnected', reason: 3, byUs: true },
    ],
    [
      '<3>CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:01:00 reason=15',
      { type: 'disconnected', reason: 15, byUs: false },
    ],
    [
      '<3>CTRL-EVENT-ASSOC-REJECT bssid=02:00:00:00:01:00 status_code=17',
      { type: 'associationRejected', status: 17, timedOut: false },
    ],
    [
      '<3>CTRL-EVENT-ASSOC-REJECT status_code=1 timeout=assoc',
      { type: 'associationRejected', status: 1, timedOut: true },
    ],
    [
      '<3>CTRL-EVENT-AUTH-REJECT 02:00:00:00:01:00 auth_type=3 auth_transaction=1 status_code=1',
      { type: 'authenticationRejected', status: 1 },
    ],
    [
      '<3>CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid="corp-ap" auth_failures=1 duration=10 reason=WRONG_KEY',
      { type: 'temporarilyDisabled', network: 0, reason: 'WRONG_KEY' },
    ],
    ['<3>CTRL-EVENT-EAP-FAILURE EAP authentication failed', { type: 'eapFailed' }],
    ['<3>CTRL-EVENT-NETWORK-NOT-FOUND ', { type: 'notFound' }],
    ['<3>CTRL-EVENT-TERMINATING ', { type: 'terminating' }],
    ['<2>CTRL-EVENT-TERMINATING', { type: 'terminating' }],
  ])('%s', (text, event) => {
    expect(isEvent(text)).toBe(true);
    expect(parseEvent(text)).toEqual(event);
  });

  it.each([
    '<3>CTRL-EVENT-SCAN-STARTED ',
    '<3>Trying to associate with SSID "CTRL-EVENT-TERMINATING "',
    '<3>CTRL-EVENT-CONNECTED - Connection to 02:00:00:00:01 completed [id=0 id_str=]',
    '<3>CTRL-EVENT-CONNECTED',
    '<3>CTRL-EVENT-__proto__ ',
    '<3>CTRL-EVENT-constructor ',
    '<3>CTRL-EVENT-SSID-TEMP-DISABLED id=x ssid="a" auth_failures=1 duration=10 reason=WRONG_KEY',
    '<3>CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid="a" auth_failures=1 duration=10',
    '<3>',
    'CTRL-EVENT-TERMINATING ',
    'OK\n',
  ])('%s is none that matters', (text) => {
    expect(parseEvent(text)).toBeUndefined();
  });

  it('are not confused by the name of a network', () => {
    const name = '" auth_failures=1 duration=1 reason=WRONG_KEY';
    expect(
      parseEvent(
        `<3>CTRL-EVENT-SSID-TEMP-DISABLED id=4 ssid="${name}" auth_failures=2 duration=20 reason=CONN_FAILED`,
      ),
    ).toEqual({ type: 'temporarilyDisabled', network: 4, reason: 'CONN_FAILED' });
  });
});

it('answers are no events', () => {
  for (const reply of ['OK\n', 'PONG\n', '"<3>"', '<x>', '']) expect(isEvent(reply)).toBe(false);
});

it('nothing throws, whatever is said', () => {
  const words = fc.constantFrom(
    '<3>',
    'CTRL-EVENT-',
    'CONNECTED',
    'ASSOC-REJECT',
    ' ',
    'bssid=',
    'status_code=',
    '02:00:00:00:01:00',
    'completed',
    '99999999999',
    '- Connection to ',
    'timeout',
  );
  const text = fc
    .array(fc.oneof(words, fc.string({ maxLength: 8 })), { maxLength: 20 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, (said) => {
      const event = parseEvent(`<3>CTRL-EVENT-${said}`);
      if (event?.type === 'connected') expect(event.bssid).toBeLessThan(2 ** 48);
    }),
    { numRuns: 2000 },
  );
});
