/**
 * The demo, whose air is cut off while the remote console ends its session, and which is interrupted then. Says what the
 * script rejects with. Only to be run in a network namespace of its own.
 */
import { execFileSync } from 'node:child_process';
import { sceneOf } from '../../dist/cli/demo/scene.js';
import { Screen } from '../../dist/cli/demo/screen.js';
import { Script } from '../../dist/cli/demo/script.js';
import { SessionError } from '../../dist/cli/demo/session.js';
import { Output } from '../../dist/cli/output.js';

const SESSION_ENDS = 11;

class CuttingScreen extends Screen {
  heading(step) {
    super.heading(step);
    if (step.n !== SESSION_ENDS) return;
    execFileSync('ip', ['link', 'set', 'wlan0', 'down']);
    // Until the console has begun with the next page, and waits for it in vain.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    setImmediate(() => script.session.fail(new SessionError('Interrupted.')));
  }
}

const script = new Script({
  scene: sceneOf(1),
  screen: new CuttingScreen(new Output(), 'fast', true),
  remote: { user: 'admin', password: 'Test-4711!' },
});
await script.play().catch((error) => console.log(error.message));
await script.close();
