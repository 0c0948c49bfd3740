/** CHECK_SHARED_AREA: throttled, counted, and rung again while CSME has not read. */
import { describe, expect, test } from 'vitest';
import { HostFixture } from '../support/host-fixture.ts';

const bells = (f: HostFixture) => f.me.filter((message) => message.name === 'CHECK_SHARED_AREA');

describe('the door bell', () => {
  test('is 88 bytes with a length field of 0, as firmware knows it', () => {
    const f = new HostFixture().up();
    f.command('country', { mcc: 1 });
    const { output } = f.log.findLast((l) => l.output.type === 'me')!;
    expect(output).toMatchObject({ type: 'me' });
    const { bytes } = output as { bytes: Uint8Array };
    expect(bytes.length).toBe(88);
    expect([...bytes.subarray(0, 4)]).toEqual([3, 0, 0, 0]);
    expect(bytes.subarray(8).every((byte) => byte === 0)).toBe(true);
  });

  test('one message, one bell; nothing more when CSME has read', () => {
    const f = new HostFixture().up();
    expect(f.command('country', { mcc: 1 })).toEqual(['bell']);
    f.heard();
    expect(f.later(10_000)).toEqual([]);
  });

  test('within 100 ms no other; one at their end if something lies there', () => {
    const f = new HostFixture().up();
    const start = f.nowMs;
    f.command('country', { mcc: 1 });
    f.heard();
    f.later(10);
    expect(f.command('country', { mcc: 2 })).toEqual([]);
    expect(f.command('country', { mcc: 3 })).toEqual([]);
    expect(f.later(89)).toEqual([]);
    expect(f.later(1)).toEqual(['bell']);
    f.heard();
    expect(f.later(1000)).toEqual([]);
    expect(f.timesOf('bell').slice(-2)).toEqual([start, start + 100]);
  });

  test('CSME that does not read is rung every 100 ms', () => {
    const f = new HostFixture().up();
    const start = f.nowMs;
    f.command('country', { mcc: 1 });
    f.later(350);
    expect(f.timesOf('bell').slice(-4)).toEqual([start, start + 100, start + 200, start + 300]);
  });

  test('the data ring counts as well', () => {
    const f = new HostFixture().up();
    f.command('country', { mcc: 1 });
    f.heard();
    // A copy of what the host sends, within the throttle.
    const frame = new Uint8Array(42);
    frame.set([8, 0, 0x45], 12);
    frame[23] = 17;
    frame.set([0, 68, 0, 67], 34);
    expect(f.command('tx_copy', { frame })).toEqual([]);
    expect(f.later(100)).toEqual(['bell']);
  });

  test('those that the throttle swallows are counted: gaps in the numbers are normal', () => {
    const f = new HostFixture().up();
    const before = f.host.meSeqNum;
    for (let i = 0; i < 5; i++) f.command('country', { mcc: i });
    f.later(100);
    expect(
      bells(f)
        .slice(-2)
        .map((m) => m.seqNum),
    ).toEqual([before + 1, before + 6]);
  });

  test('after 100 ms of silence the next message rings at once', () => {
    const f = new HostFixture().up();
    f.command('country', { mcc: 1 });
    f.heard();
    f.later(100);
    expect(f.command('country', { mcc: 2 })).toEqual(['bell']);
  });

  test('a bell that the bus did not take: no throttle, no retry; the next message rings', () => {
    const f = new HostFixture().up();
    f.sendErrno = 5;
    expect(f.command('country', { mcc: 1 })).toEqual(['bell', 'problem SAP_ERR_TRANSPORT']);
    f.sendErrno = 0;
    expect(f.later(1000)).toEqual([]);
    expect(f.command('country', { mcc: 2 })).toEqual(['bell']);
    expect(f.heard()).toEqual(['COUNTRY_CODE', 'COUNTRY_CODE']);
  });

  test('a message for which the ring has no room is reported, uses its number and rings for nothing', () => {
    const f = new HostFixture().up();
    while (f.problems.length === 0) f.command('country', { mcc: 1 });
    expect(f.problems[0]).toMatchObject({ code: 'SAP_ERR_RING_FULL', fault: 'csme' });
    const written = f.read().map((m) => m.seqNum);
    expect(written).toHaveLength(Math.floor(32767 / 16));
    f.command('country', { mcc: 2 });
    expect(f.read()[0]?.seqNum).toBe(written.at(-1)! + 2);
  });

  test('HOST_GOES_DOWN ignores the throttle', () => {
    const f = new HostFixture().up();
    f.command('country', { mcc: 1 });
    f.later(10);
    expect(f.remove()).toEqual(['bell']);
  });

  test('the numbers wrap at 32 bits', () => {
    const f = new HostFixture().up();
    f.host.meSeqNum = 0xffff_ffff;
    f.host.sapSeqNum = 0xffff_ffff;
    f.command('country', { mcc: 1 });
    expect(bells(f).at(-1)?.seqNum).toBe(0);
    expect(f.read()[0]?.seqNum).toBe(0);
  });
});
