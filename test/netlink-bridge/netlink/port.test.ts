/** The port on this machine's kernel: generic netlink and routing are there everywhere. */
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, test } from 'vitest';
import { namespaceProblem, nativeProblem, spawnInNamespace } from '../../../native/index.ts';
import { BridgeError, openNl80211 } from '../../../netlink-bridge/index.ts';
import { encodeAttributes } from '../../../netlink-bridge/netlink/attributes.ts';
import { findFamily } from '../../../netlink-bridge/netlink/generic.ts';
import { encodeGeneric } from '../../../netlink-bridge/netlink/message.ts';
import { NETLINK_GENERIC, type NetlinkPort, openNetlinkPort } from '../../../netlink-bridge/netlink/port.ts';

const linux = process.platform === 'linux';
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const ports: NetlinkPort[] = [];
function open(protocol: number, timeoutMs?: number): NetlinkPort {
  const port = openNetlinkPort(timeoutMs === undefined ? { protocol } : { protocol, timeoutMs });
  ports.push(port);
  return port;
}
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it resolves'),
    (error: BridgeError) => error,
  );

const GENL_ID_CTRL = 16;
/** CTRL_CMD_GETFAMILY without saying which. */
const NAMELESS = { what: 'NAMELESS', type: GENL_ID_CTRL, payload: encodeGeneric(3, 1, new Uint8Array(0)) };
const FAMILIES = { ...NAMELESS, what: 'FAMILIES', dump: true };
/** Longer than names of families are. */
const LONG_NAME = {
  ...NAMELESS,
  what: 'LONG_NAME',
  payload: encodeGeneric(3, 1, encodeAttributes([[{ id: 2, name: '' }, 'x'.repeat(50)]])),
};
/** A netlink no-op that nobody wants acknowledged: the kernel says nothing. */
const SILENCE = { what: 'SILENCE', type: 1, payload: new Uint8Array(0), dump: true };

describe.skipIf(!linux)('a port', () => {
  it('finds a family with its groups, and none that there is not', async () => {
    const port = open(NETLINK_GENERIC);
    const family = await findFamily(port, 'nlctrl');
    expect(family?.id).toBe(GENL_ID_CTRL);
    expect(family?.groups.get('notify')).toBeGreaterThan(0);
    expect(await findFamily(port, 'no_such_family')).toBeUndefined();
  });

  it('lists, and asks for many things at once', async () => {
    const port = open(NETLINK_GENERIC);
    const asked = await Promise.all([1, 2, 3].map(() => port.request(FAMILIES)));
    expect(asked[0]!.length).toBeGreaterThan(3);
    expect(asked.map((answers) => answers.length)).toEqual(asked.map(() => asked[0]!.length));
  });

  it('is refused by the kernel, with the error', async () => {
    const error = await rejection(open(NETLINK_GENERIC).request(NAMELESS));
    expect([error.code, error.errnoName]).toEqual(['BRIDGE_ERR_KERNEL', 'EINVAL']);
    expect(error.message).toContain('NAMELESS: EINVAL');
  });

  it.skipIf(nativeProblem() !== undefined)('is told why, in words', async () => {
    const error = await rejection(open(NETLINK_GENERIC).request(LONG_NAME));
    expect(error.extended).toMatch(/\w+.*, about byte 20 of the request$/);
    expect(error.message).toContain(`LONG_NAME: ${error.errnoName} (${error.extended})`);
  });

  it('gives up what the kernel does not answer, and goes on', async () => {
    const port = open(NETLINK_GENERIC, 20);
    const error = await rejection(port.request(SILENCE));
    expect(error.code).toBe('BRIDGE_ERR_TIMEOUT');
    expect(error.message).toContain('SILENCE: the kernel says nothing for 20 ms');
    expect((await findFamily(port, 'nlctrl'))?.id).toBe(GENL_ID_CTRL);
  });

  it('that is closed answers nobody', async () => {
    const port = open(NETLINK_GENERIC);
    const waiting = [
      port.request(SILENCE),
      port.request(FAMILIES),
      port.request({ ...NAMELESS, long: true }),
    ];
    const errors = Promise.all(waiting.map(rejection));
    port.close();
    port.close();
    expect((await errors).map(({ code }) => code)).toEqual(waiting.map(() => 'BRIDGE_ERR_CLOSED'));
    expect((await rejection(port.request(FAMILIES))).code).toBe('BRIDGE_ERR_CLOSED');
    expect(() => port.join(1)).toThrow(BridgeError);
  });

  it('keeps long requests and listings apart, and loses neither', async () => {
    const port = open(NETLINK_GENERIC);
    const all = [FAMILIES, { ...NAMELESS, long: true }, FAMILIES, { ...NAMELESS, long: true }];
    const ended = await Promise.all(
      all.map((request) =>
        port.request(request).then(
          () => 'listed',
          ({ errnoName }) => errnoName,
        ),
      ),
    );
    expect(ended).toEqual(['listed', 'EINVAL', 'listed', 'EINVAL']);
  });

  it('cannot listen to a group that there is not', () => {
    expect(() => open(NETLINK_GENERIC).join(0x7fff_ffff)).toThrow(
      /^The kernel refused. netlink, group 2147483647/,
    );
  });
});

test.skipIf(!linux)('a protocol that the kernel does not have', () => {
  expect(() => open(23)).toThrow(/^What is needed is not there. Netlink is for Linux/);
});

/** In a process of its own: what ends a process, and what a machine without the addon gets. */
describe.skipIf(!linux || namespaceProblem() !== undefined)('a process', () => {
  async function runBeside(code: string, { addon = true, descriptors = 1000 } = {}): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), 'netlink-'));
    try {
      for (const part of ['sap', 'native', 'netlink-bridge']) {
        cpSync(join(ROOT, 'dist', part), join(folder, 'dist', part), { recursive: true });
      }
      symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
      symlinkSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
      if (addon) symlinkSync(join(ROOT, 'build'), join(folder, 'build'));
      const program = join(folder, 'program.mjs');
      writeFileSync(
        program,
        `import { openNetlinkPort } from './dist/netlink-bridge/netlink/port.js';\n${code}`,
      );
      const child = spawnInNamespace(
        'sh',
        ['-c', `ulimit -n ${descriptors}; exec "$@"`, 'sh', process.execPath, program],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
          timeout: 60_000,
        },
      );
      return await text(child.stdout!);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  const NAMELESS_THERE = `{ what: 'NAMELESS', type: 16, payload: Uint8Array.of(3, 1, 0, 0) }`;

  it('without the addon gets the errors without words', async () => {
    const said = await runBeside(
      `const payload = Uint8Array.from([${[...LONG_NAME.payload]}]);
       const port = openNetlinkPort({ protocol: 16 });
       await port.request({ what: 'LONG_NAME', type: 16, payload }).catch(({ errno, extended }) => {
         console.log(errno > 0, extended);
       });
       port.close();`,
      { addon: false },
    );
    expect(said).toBe('true undefined\n');
  });

  it('without descriptors gets an error, and goes on when it has some again', async () => {
    expect(
      await runBeside(
        `import { closeSync, openSync } from 'node:fs';
         const port = openNetlinkPort({ protocol: 16 });
         const listing = { what: 'LISTING', type: 16, payload: Uint8Array.of(3, 1, 0, 0), dump: true };
         const all = [];
         try {
           for (;;) all.push(openSync('/dev/null'));
         } catch {}
         const { errnoName, message } = await port.request(listing).catch((error) => error);
         const { errnoName: other } = await port.request({ ...listing, dump: false, long: true }).catch((error) => error);
         all.forEach((fd) => closeSync(fd));
         const there = await port.request(listing);
         console.log(errnoName, message.includes('LISTING'), other, there.length > 0);
         port.close();`,
        { descriptors: 100 },
      ),
    ).toBe('EMFILE true EMFILE true\n');
  });

  it('ends by itself when its port is closed', async () => {
    expect(
      await runBeside(
        `const port = openNetlinkPort({ protocol: 16, onMessage() {} });
         port.join(16);
         await port.request(${NAMELESS_THERE}).catch(({ errnoName }) => console.log(errnoName));
         port.close();`,
      ),
    ).toBe('EINVAL\n');
  });

  it('can handle what a listener throws', async () => {
    expect(
      await runBeside(
        `process.once('uncaughtException', ({ message }) => {
           console.log(message);
           port.close();
         });
         // RTNLGRP_LINK: the namespace's loopback comes up.
         const port = openNetlinkPort({ protocol: 0, onMessage() { throw new Error('thrown'); } });
         port.join(1);
         const { execFileSync } = await import('node:child_process');
         execFileSync('ip', ['link', 'set', 'lo', 'up']);`,
      ),
    ).toBe('thrown\n');
  });
});

test.skipIf(!linux)('nl80211 where the kernel has none', async ({ skip }) => {
  const there = await findFamily(open(NETLINK_GENERIC), 'nl80211');
  skip(there !== undefined, 'this kernel has nl80211');
  const error = await rejection(openNl80211());
  expect(error.code).toBe('BRIDGE_ERR_ABSENT');
  expect(error.message).toContain('modprobe cfg80211');
});
