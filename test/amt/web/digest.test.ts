import { describe, expect, it } from 'vitest';
import { responseOf, secretOf } from '../../../amt/web/index.ts';

describe('the response', () => {
  const none = { username: '', realm: '', nc: '', cnonce: '', qop: undefined, algorithm: undefined };

  it('is that of RFC 7616 §3.9.1', () => {
    const fields = {
      ...none,
      nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
      uri: '/dir/index.html',
      qop: 'auth',
      nc: '00000001',
      cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    };
    const secret = secretOf('Mufasa', 'http-auth@example.org', 'Circle of Life');
    expect(responseOf(secret, 'GET', fields)).toBe('8ca523f5e9506fed4657c9700eebdbec');
  });

  it('is that of RFC 2617 §3.5', () => {
    const fields = {
      ...none,
      nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
      uri: '/dir/index.html',
      qop: 'auth',
      nc: '00000001',
      cnonce: '0a4f113b',
    };
    const secret = secretOf('Mufasa', 'testrealm@host.com', 'Circle Of Life');
    expect(secret).toBe('939e7578ed9e3c518a452acee763bce9');
    expect(responseOf(secret, 'GET', fields)).toBe('6629fae49393a05397450978507c4ef1');
  });

  it('is that of RFC 2069 §2.4 without qop (erratum 749)', () => {
    const fields = { ...none, nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093', uri: '/dir/index.html' };
    const secret = secretOf('Mufasa', 'testrealm@host.com', 'CircleOfLife');
    expect(responseOf(secret, 'GET', fields)).toBe('1949323746fe6a43ef61f9606e7febea');
  });
});
