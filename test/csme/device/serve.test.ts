/** What can be seen of the server where there is no CUSE; the device file itself is tested in the virtual machine. */
import { existsSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { DEVICE_ERRORS, DeviceError, serveMeiDevice } from '../../../csme/device/index.ts';
import { testClients } from '../../../csme/mei/index.ts';
import { nativeProblem } from '../../../native/index.ts';

const problem = (options: Parameters<typeof serveMeiDevice>[0]) =>
  serveMeiDevice(options).then(
    () => undefined,
    (error: unknown) => error,
  );

describe.skipIf(nativeProblem() !== undefined)('refused before anything is opened', () => {
  it.each(['', '../mei0', 'mei 0', '0', 'x'.repeat(32)])('the name %j', async (name) => {
    expect(await problem({ name })).toMatchObject({ code: 'DEVICE_ERR_OPTION' });
  });

  it('a name that is taken', async () => {
    const error = (await problem({ name: 'null' })) as DeviceError;
    expect(error.code).toBe('DEVICE_ERR_NAME');
    expect(error.message).toContain('/dev/null');
  });

  it.each([0, 1.5, 126_977])('a client with messages of %d bytes', async (maxMessageLength) => {
    const clients = [{ ...testClients()[0]!, maxMessageLength }];
    expect(await problem({ name: 'mei77', clients })).toMatchObject({ code: 'DEVICE_ERR_OPTION' });
  });

  test.skipIf(existsSync('/dev/cuse'))('without CUSE it is said what helps', async () => {
    const error = (await problem({ name: 'mei77' })) as DeviceError;
    expect(error).toBeInstanceOf(DeviceError);
    expect(error.code).toBe('DEVICE_ERR_NO_CUSE');
    expect(error.message).toBe(
      `${DEVICE_ERRORS.DEVICE_ERR_NO_CUSE} Load the module: \`modprobe cuse\`. Kernels without it (CONFIG_CUSE) cannot serve one.`,
    );
  });
});
