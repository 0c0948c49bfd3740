/**
 * The reference: Linux's mei_wdt and the kernel's watchdog core, sentence by sentence as the specification describes
 * them, and with nothing of ours. What it sends and answers is a list of lines.
 */

export class MeiWdt {
  readonly lines: string[] = [];
  state = 'none';
  /** Whether sending works. */
  sends = true;
  #version = 0;
  #timeout = 120;
  #device = false;
  /** The file that is open. */
  #file: number | undefined;
  #files = 0;
  /** The call that waits for the completion, and those that wait for the lock behind it. */
  #blocked: number | undefined;
  #lock: (() => void)[] = [];

  /** "connect; register receive callback; subscribe HBM notification" */
  probe(version: number): void {
    this.#version = version;
    this.#timeout = 120;
    // "Version 1 => register the watchdog device."
    if (version === 1) return this.#register();
    // "Version >= 2 => send one START with timeout 120 and decide on the response"
    this.state = 'PROBE';
    this.#sendStart();
  }

  /** "HBM notification in NOT_REQUIRED => register the device (in other states ignored)." */
  notification(): void {
    if (this.state === 'NOT_REQUIRED') this.#register();
  }

  receive(bytes: readonly number[]): void {
    // "length 0 => ignored"; "1-3 bytes => error log"; "command != 0x02 or version != 0x10 => error log"
    if (bytes.length === 0) return;
    if (bytes.length < 4 || bytes[0] !== 2 || bytes[3] !== 0x10) return this.#log();
    // "subcommand != 0x83 => warning, ignored"; "an implementation must reject < 6"
    if (bytes[2] !== 0x83 || bytes.length < 6) return this.#log();
    const notRequired = (bytes[5]! & 1) === 1;
    if (this.state === 'PROBE') {
      // "NOT_REQUIRED => state NOT_REQUIRED, watchdog device is not registered."
      if (notRequired) {
        this.state = 'NOT_REQUIRED';
        return;
      }
      // "required => send STOP, then register the device (state IDLE)"
      this.#sendStop();
      return this.#register();
    }
    if (this.state === 'RUNNING') {
      // "response with NOT_REQUIRED while RUNNING => state NOT_REQUIRED; the device is unregistered; waiting ping completes"
      if (notRequired) this.state = 'NOT_REQUIRED';
      this.#complete();
      if (notRequired) this.#unregister();
      return this.#unlock();
    }
    // "response in an unexpected state => logged, waiter completed."
    this.#log();
    this.#complete();
    this.#unlock();
  }

  /** "remove (firmware reset, suspend, unload): completes a blocked ping, unregisters the device, closes the connection" */
  remove(alive: boolean): void {
    this.#complete();
    // "The core stops it on reboot and on unregister."
    if (alive && this.#file !== undefined) this.#stop();
    this.#unregister();
    this.state = 'none';
    this.#unlock();
  }

  open(call: number): void {
    // "open -> EBUSY when already open, ENODEV after unregister"
    if (!this.#device) return this.#answer(call, 'ENODEV');
    if (this.#file !== undefined) return this.#answer(call, 'EBUSY');
    // "open /dev/watchdogN => state START; nothing is sent."
    this.state = 'START';
    this.#file = ++this.#files;
    this.#answer(call, `ok ${this.#file}`);
  }

  ping(call: number, file: number): void {
    this.#locked(() => {
      if (file !== this.#file) return this.#answer(call, 'ENODEV');
      this.#ping(call);
    });
  }

  setTimeout(call: number, file: number, seconds: number): void {
    this.#locked(() => {
      if (file !== this.#file) return this.#answer(call, 'ENODEV');
      // "< 120 or > 65535 -> EINVAL"; "the core pings immediately after a successful set"
      if (!(seconds >= 120 && seconds <= 65535)) return this.#answer(call, 'EINVAL');
      this.#timeout = seconds;
      this.#ping(call);
    });
  }

  /** "stop (last close or disable) => only if RUNNING" */
  close(file: number): void {
    if (file !== this.#file) return;
    this.#file = undefined;
    // A program that is killed while its ping waits: the wait is killable.
    this.#complete();
    this.#stop();
    this.#unlock();
  }

  #ping(call: number): void {
    // "In other states a ping is a no-op returning 0."
    if (this.state !== 'START' && this.state !== 'RUNNING') return this.#answer(call, 'ok');
    // "state RUNNING, send START message with current timeout"
    this.state = 'RUNNING';
    if (!this.#sendStart()) return this.#answer(call, 'EIO');
    // "if version >= 2 wait (killable, without time limit) for the response"
    if (this.#version >= 2) this.#blocked = call;
    else this.#answer(call, 'ok');
  }

  #stop(): void {
    if (this.state !== 'RUNNING') return;
    // "state STOPPING, send STOP, on success IDLE. If sending fails the state stays STOPPING."
    this.state = 'STOPPING';
    if (this.#sendStop()) this.state = 'IDLE';
  }

  #locked(call: () => void): void {
    if (this.#blocked === undefined) call();
    else this.#lock.push(call);
  }

  #unlock(): void {
    while (this.#blocked === undefined && this.#lock.length > 0) this.#lock.shift()!();
  }

  #complete(): void {
    if (this.#blocked !== undefined) this.#answer(this.#blocked, 'ok');
    this.#blocked = undefined;
  }

  #register(): void {
    this.state = 'IDLE';
    this.#device = true;
    this.lines.push('registered');
  }

  #unregister(): void {
    this.#file = undefined;
    if (this.#device) this.lines.push('unregistered');
    this.#device = false;
  }

  #sendStart(): boolean {
    const low = this.#timeout & 0xff;
    return this.#send([0x02, 0x15, 0x13, 0x10, low, this.#timeout >> 8, ...new Array<number>(17).fill(0)]);
  }

  #sendStop(): boolean {
    return this.#send([0x02, 0x02, 0x14, 0x10]);
  }

  #send(bytes: number[]): boolean {
    this.lines.push(`send ${Buffer.from(bytes).toString('hex')}`);
    return this.sends;
  }

  #answer(call: number, result: string): void {
    this.lines.push(`answer ${call} ${result}`);
  }

  #log(): void {
    this.lines.push('log');
  }
}
