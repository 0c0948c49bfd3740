"""A remote console on one TCP connection: console.py ADDRESS PORT PATH USER, the password as the first line of stdin. Reads the
page again and again until stdin ends, and says a line for each; the last line is what it came to, as JSON."""

import hashlib
import http.client
import json
import os
import re
import select
import sys
import time

PAUSE_S = 0.05
# Longer than any hand-over; a connection that is silent for so long is dead.
PATIENCE_S = 30


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


class Console:
    def __init__(self, address, port, path, user, password):
        self.connection = http.client.HTTPConnection(address, port, timeout=PATIENCE_S)
        self.connection.connect()
        # One connection, or none.
        self.connection.auto_open = 0
        self.path, self.user, self.password = path, user, password
        self.challenge, self.count = None, 0

    def get(self):
        headers = {} if self.challenge is None else {'Authorization': self.authorization()}
        self.connection.request('GET', self.path, headers=headers)
        answer = self.connection.getresponse()
        return answer, answer.read()

    def page(self):
        answer, body = self.get()
        if answer.status == 401:
            said = answer.headers['WWW-Authenticate']
            self.challenge = dict(re.findall(r'(\w+)="([^"]*)"', said))
            self.count = 0
            answer, body = self.get()
        if answer.status != 200:
            raise RuntimeError('status %d' % answer.status)
        return body

    def authorization(self):
        self.count += 1
        realm, nonce = self.challenge['realm'], self.challenge['nonce']
        cnonce, count = os.urandom(8).hex(), '%08x' % self.count
        secret = md5('%s:%s:%s' % (self.user, realm, self.password))
        response = md5(':'.join([secret, nonce, count, cnonce, 'auth', md5('GET:' + self.path)]))
        return (
            f'Digest username="{self.user}", realm="{realm}", nonce="{nonce}", uri="{self.path}", '
            f'response="{response}", qop=auth, nc={count}, cnonce="{cnonce}"'
        )


def main():
    address, port, path, user = sys.argv[1:]
    password = sys.stdin.readline().rstrip('\n')
    console = Console(address, int(port), path, user, password)
    pages, longest = 0, 0.0
    first, heard = None, None
    while not select.select([sys.stdin], [], [], PAUSE_S)[0]:
        body = console.page()
        now = time.monotonic()
        first = body if first is None else first
        if body != first:
            raise RuntimeError('a page came with other bytes than before')
        longest = longest if heard is None else max(longest, now - heard)
        heard = now
        pages += 1
        print('page', pages, flush=True)
    print(json.dumps({'pages': pages, 'silentMs': round(longest * 1000)}), flush=True)


try:
    main()
except Exception as error:
    sys.exit('the session broke: %s: %s' % (type(error).__name__, error))
