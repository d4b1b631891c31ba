/** The sending end of one directed link. */
import { type ClientWritableStream, Metadata } from '@grpc/grpc-js';
import { wallClockMs } from './clock.ts';
import { Outbox } from './outbox.ts';
import type { Frame } from './peer-frames.ts';
import { type Greeting, sendMethod } from './peer-service.ts';
import { RedialledCall } from './redialled-call.ts';

export interface OutgoingLinkOptions {
  /** Where the link is dialled, `host:port`. */
  readonly address: string;
  readonly greeting: Greeting;
  /** The link went up, or down and why. */
  readonly onChange: (up: boolean, why: string) => void;
}

export class OutgoingLink {
  readonly #outbox = new Outbox();
  readonly #redialled: RedialledCall<ClientWritableStream<Frame>>;
  #call: ClientWritableStream<Frame> | undefined;
  #writable = false;
  #sequence = 0;
  /** Whether a frame went out since the last sign of life was due. */
  #spoke = false;
  sentBytes = 0;
  sentMessages = 0;

  constructor({ address, greeting, onChange }: OutgoingLinkOptions) {
    const metadata = new Metadata();
    for (const [key, value] of Object.entries(greeting)) metadata.set(key, value);
    const { path, requestSerialize, responseDeserialize } = sendMethod;
    this.#redialled = new RedialledCall({
      address,
      // The end of the call is reported by its status.
      begin: (client) =>
        client.makeClientStreamRequest(path, requestSerialize, responseDeserialize, metadata, {}, () => {}),
      onUp: (call) => {
        this.#up(call);
        onChange(true, '');
      },
      onDown: (wasUp, why) => {
        this.#call = undefined;
        this.#writable = false;
        this.#outbox.restart();
        if (wasUp) onChange(false, why);
      },
    });
  }

  get dropped(): number {
    return this.#outbox.dropped;
  }

  /** Takes a message; it goes out with the next `flush` that finds the link up. Never blocks, never throws. */
  send(message: Uint8Array): void {
    this.#outbox.push(message);
  }

  /** Writes what waits, as long as the link takes it. */
  flush(): void {
    while (this.#writable && !this.#outbox.empty) this.#write(this.#outbox.take());
  }

  /** To be called every interval: an idle link says that it lives. */
  tick(): void {
    if (!this.#spoke && this.#writable) this.#write({ messages: [], unfinished: false });
    this.#spoke = false;
  }

  close(): void {
    this.#writable = false;
    this.#redialled.close();
  }

  #up(call: ClientWritableStream<Frame>): void {
    this.#call = call;
    this.#writable = true;
    this.#sequence = 0;
    call.on('drain', () => {
      if (this.#call !== call) return;
      this.#writable = true;
      this.flush();
    });
    this.#write({ messages: [], unfinished: false });
    this.flush();
  }

  #write({ messages, unfinished }: Pick<Frame, 'messages' | 'unfinished'>): void {
    this.#sequence += 1;
    this.#spoke = true;
    for (const message of messages) this.sentBytes += message.length;
    // One that goes on in the next frame is counted there.
    this.sentMessages += messages.length - (unfinished ? 1 : 0);
    const frame = { sequence: this.#sequence, sentAtMs: wallClockMs(), messages, unfinished };
    this.#writable = this.#call?.write(frame) ?? false;
  }
}
