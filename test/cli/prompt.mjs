/** Asks for a password at the terminal of this process, and prints what came of it, in hex: it would look like an echo. */
import { askPassword } from '../../dist/cli/amt/secrets.js';

try {
  const password = await askPassword(process.argv[2] === 'new', new AbortController().signal);
  console.log(`got ${Buffer.from(password.reveal()).toString('hex')}.`);
} catch (error) {
  console.log(`failed: ${error.message}`);
}
