/** Why an attempt failed. */
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../netlink-bridge/networkmanager/failures.ts';

describe("NetworkManager's reason", () => {
  it.each([
    [5, 'address'],
    [7, 'rejected'],
    [8, 'other'],
    [9, 'other'],
    [10, 'other'],
    [11, 'other'],
    [15, 'address'],
    [16, 'address'],
    [17, 'address'],
    [53, 'ap-gone'],
    [0xffffffff, 'other'],
  ])('%i is %s by itself', (reason, why) => {
    expect(failureOf(reason, false)).toBe(why);
  });

  it.each([8, 10])('%i is a rejection where wpa_supplicant has said so', (reason) => {
    expect(failureOf(reason, true)).toBe('rejected');
  });

  it.each([5, 7, 9, 11, 53])('%i means the same in any case', (reason) => {
    expect(failureOf(reason, true)).toBe(failureOf(reason, false));
  });
});
