/** Records what passes an end: the same end again, with a trace of it. */
import type { Clock } from './clock.ts';
import type { CsmeEnd, CsmeEvent, CsmeRequest, End, HostEnd, HostEvent, HostRequest } from './contract.ts';
import { type RecordedLine, Recorder, type Recording, type TraceSink } from './recorder.ts';
import { WrappedEnd } from './wrapped.ts';

export type { RecordedEvent, RecordedLine, Recording, TraceSink } from './recorder.ts';

/**
 * Wraps an end of either side. Every ME message, every use of the bus and every SAP message in the rings goes to
 * `sink`, in order. The rings are looked at whenever an ME message passes, when the area goes, and upon `flush()`; a
 * message's time is that of the look. A message of the host is recorded when its bell passes or CSME has read it,
 * whichever is first. What was overwritten before a look is a `note`.
 *
 * On the firmware's side `probe`, `enable` and `disable` do not pass the end; they are recorded when they show.
 */
export function recorded(end: HostEnd, sink: TraceSink, clock: Clock): HostEnd & Recording;
export function recorded(end: CsmeEnd, sink: TraceSink, clock: Clock): CsmeEnd & Recording;
export function recorded(
  end: HostEnd | CsmeEnd,
  sink: TraceSink,
  clock: Clock,
): (HostEnd | CsmeEnd) & Recording {
  return end.side === 'host' ? new RecordedHost(end, sink, clock) : new RecordedCsme(end, sink, clock);
}

abstract class RecordedEnd<Request, Event> extends WrappedEnd<Request, Event> implements Recording {
  protected readonly recorder: Recorder;

  constructor(inner: End<Request, Event>, sink: TraceSink, clock: Clock) {
    super(inner, clock);
    this.recorder = new Recorder(sink, clock);
  }

  override close(): void {
    this.recorder.dropArea();
    super.close();
  }

  flush(): void {
    this.recorder.flush();
  }

  write(line: RecordedLine): void {
    this.recorder.write(line);
  }
}

class RecordedHost extends RecordedEnd<HostRequest, HostEvent> implements HostEnd {
  readonly side = 'host';

  perform(request: HostRequest): number {
    const { recorder } = this;
    // The last look comes before the other side learns that the area goes.
    if (request.type === 'unmap') recorder.dropArea();
    else if (request.type === 'disable') recorder.flush();
    if (request.type === 'me') return recorder.meFromHost(request.bytes, () => this.inner.perform(request));
    const result = this.inner.perform(request);
    if (request.type === 'map') recorder.mapSize = request.size;
    else recorder.bus('drv', request.type, {});
    return result;
  }

  protected received(event: HostEvent): void {
    if (event.type === 'me') {
      this.recorder.handledByHost(event.bytes, () => this.events.emit(event));
      return;
    }
    this.#record(event);
    this.events.emit(event);
  }

  #record(event: Exclude<HostEvent, { type: 'me' }>): void {
    const { recorder } = this;
    switch (event.type) {
      case 'probe':
        return recorder.probe();
      case 'mapped':
        recorder.mapAnswered(0);
        return recorder.area(event.memory);
      case 'mapRefused':
        return recorder.mapAnswered(event.errno);
      case 'lost':
        return recorder.lost();
    }
  }
}

class RecordedCsme extends RecordedEnd<CsmeRequest, CsmeEvent> implements CsmeEnd {
  readonly side = 'csme';
  /** What the host must have seen or done for what has arrived from it. */
  #probed = false;
  #enabled = false;

  perform(request: CsmeRequest): number {
    const { recorder } = this;
    const result = this.inner.perform(request);
    if (request.type === 'mapAnswer') {
      if (result === 0 && request.errno !== 0) recorder.mapAnswered(request.errno);
    } else if (result < 0) {
      recorder.notSent('m2h', result);
    } else {
      recorder.meFromCsme(request.bytes);
    }
    return result;
  }

  protected received(event: CsmeEvent): void {
    this.#record(event);
    this.events.emit(event);
  }

  #record(event: CsmeEvent): void {
    const { recorder } = this;
    switch (event.type) {
      case 'mapRequest':
        if (!this.#probed) recorder.probe();
        this.#probed = true;
        recorder.mapSize = event.size;
        return;
      case 'area':
        recorder.mapAnswered(0);
        return recorder.area(event.memory);
      case 'areaGone':
        recorder.dropArea();
        if (this.#enabled) recorder.bus('drv', 'disable', {});
        this.#enabled = false;
        // What the host asks for next, it asks for after a new probe.
        this.#probed = false;
        return recorder.bus('drv', 'unmap', {});
      case 'me':
        if (!this.#enabled) recorder.bus('drv', 'enable', {});
        this.#enabled = true;
        recorder.meFromHost(event.bytes);
        return;
      case 'lost':
        this.#enabled = false;
        this.#probed = false;
        return recorder.lost();
    }
  }
}
