/** The MEI device of the test that runs, new for each; afterwards nothing of it may be open. */
import { afterEach, beforeEach, expect } from 'vitest';
import { TEST_GUIDS } from '../../../../csme/mei/index.ts';
import { type MeiErrorCode, type MeiOptions, openMei } from '../../../../transport/index.ts';
import type { MeiConnection } from '../../../../transport/mei/connection.ts';
import { MeiDriver, settled } from './driver.ts';

export const PATH = '/dev/mei0';
export const bytes = (text: string) => new TextEncoder().encode(text);
export const text = (message: Uint8Array) => new TextDecoder().decode(message);
export const code = (wanted: MeiErrorCode) => expect.objectContaining({ name: 'MeiError', code: wanted });

export let driver: MeiDriver;
export const open = (client: string = TEST_GUIDS.tagged, options: Partial<MeiOptions> = {}) =>
  openMei(PATH, { client, ...options }, driver);
export const say = (connection: MeiConnection, what: string) => connection.send(bytes(what));
export const hear = async (connection: MeiConnection) => text(await connection.receive());

beforeEach(() => {
  driver = new MeiDriver();
});
afterEach(async () => {
  await settled();
  expect(driver.watches).toBe(0);
  expect(driver.descriptors).toBe(0);
  expect(driver.device.openHandles).toBe(0);
});

/** Another device in the place of this test's. */
export function replaceDevice(next: MeiDriver): void {
  driver = next;
}
