import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import { systemError } from '../../../native/errors.ts';
import { MEI_ERRORS, MEI_FAILURES, type MeiCall, MeiError } from '../../../transport/index.ts';
import { meiError } from '../../../transport/mei/errors.ts';

const DOC = readFileSync(new URL('../../../docs/transports/mei.md', import.meta.url), 'utf8');

describe('the table', () => {
  const rows = Object.entries(MEI_FAILURES).flatMap(([call, codes]) =>
    Object.entries(codes).map(([errno, code]) => [call as MeiCall, errno, code] as const),
  );

  test.each(rows)('%s %s is %s', (call, name, code) => {
    const errno = constants.errno[name as keyof typeof constants.errno];
    const cause = systemError('a call', errno, 'device');
    const error = meiError(call, cause, '/dev/mei7') as MeiError;
    expect(error).toBeInstanceOf(MeiError);
    expect(error).toMatchObject({ code, errno, syscall: 'a call', path: '/dev/mei7', cause });
    const { sentence, next } = MEI_ERRORS[code];
    expect(error.message).toMatch(/^\/dev\/mei7: /);
    expect(error.sentence).toContain(sentence);
    expect(error.message).toBe(`${error.sentence} ${next}`);
  });

  test('an errno that no call documents is named all the same', () => {
    const error = meiError('read', systemError('read', constants.errno.ENOSPC, 'device'), '/dev/mei0');
    expect(error).toMatchObject({ code: 'MEI_ERR_SYSTEM', errno: constants.errno.ENOSPC });
    expect((error as MeiError).message).toContain('(read: ENOSPC)');
  });

  test('what is no error of the device stays what it is', () => {
    for (const cause of [new TypeError('x'), new MeiError('MEI_ERR_CLOSED', { path: '/dev/mei0' }), 'text']) {
      expect(meiError('open', cause, '/dev/mei0')).toBe(cause);
    }
  });

  test('sentences are sentences, and every code is used or raised', () => {
    const raised = ['NO_ANSWER', 'LENGTH', 'TIMEOUT', 'CANCELLED', 'CLOSED', 'SYSTEM'].map(
      (name) => `MEI_ERR_${name}`,
    );
    const used = new Set<string>([...rows.map(([, , code]) => code), ...raised]);
    expect([...used].sort()).toEqual(Object.keys(MEI_ERRORS).sort());
    for (const { sentence, next } of Object.values(MEI_ERRORS)) {
      expect(sentence).toMatch(/^[A-Z].*\.$/);
      expect(next).toMatch(/^[A-Z`].*\.$/);
    }
  });
});

test('the page has every code, with its errnos and its sentences', () => {
  const rows = Object.entries(MEI_ERRORS).map(([code, { sentence, next }]) => {
    const where = Object.entries(MEI_FAILURES).flatMap(([call, codes]) => {
      const names = Object.entries(codes).flatMap(([name, its]) => (its === code ? [name] : []));
      return names.length === 0 ? [] : [`${call}: ${names.join(', ')}`];
    });
    return `| \`${code}\` | ${where.join('; ')} | ${sentence} ${next} |`;
  });
  expect(DOC.split('\n').filter((line) => line.startsWith('| `MEI_ERR_'))).toEqual(rows);
});
