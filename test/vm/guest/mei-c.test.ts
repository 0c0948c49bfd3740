/** A client in C that uses nothing of ours, on the device that is ours. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { TEST_GUIDS } from '../../../csme/mei/index.ts';
import { MeiServerProcess } from './support/mei.ts';

const SOURCE = fileURLToPath(new URL('../c/mei-client.c', import.meta.url));

test('every call gives what the kernel gives', async () => {
  const program = join(mkdtempSync(join(tmpdir(), 'mei-c-')), 'mei-client');
  execFileSync('cc', ['-Wall', '-Wextra', '-Werror', '-o', program, SOURCE]);
  const device = await MeiServerProcess.start();
  const said = execFileSync(program, [device.path, TEST_GUIDS.plain], { encoding: 'utf8', timeout: 60_000 });
  await device.stop();
  expect(said).toBe(`write before connect: ENODEV
read before connect: ENODEV
poll before connect: 1 POLLERR
unknown ioctl: ENOTTY
connect with a bad pointer: EFAULT
connect to an unknown client: ENOTTY
connect: 0
the client: version 2, messages of 512 bytes
the argument behind the answer: as it was
connect again: EBUSY
connect with a tag: EOPNOTSUPP
notify set with a bad pointer: EFAULT
notify set 2: EINVAL
poll for writing: 1 POLLOUT
write of nothing: 0
write of one byte too many: EFBIG
write of the longest: 512
poll for reading: 1 POLLIN
read of the longest: 512
write: 12
poll for reading: 1 POLLIN
read of nothing: 0
read of a part: 5
read of the rest: 7
together: hello, world
blocking write: 5
blocking read: 5
non-blocking: 0
read with nothing there: EAGAIN
notify get with nothing there: EAGAIN
connect of a second handle: 0
write on it: 6
read on it: 6
read on the first: EAGAIN
close: 0
close: 0
`);
});
