/** One call: what is left of its request, and what has come of its reply. */
import { ReplyMessage } from './reply-message.ts';

/** Why there is no reply. */
export interface CallFailure {
  /** A sentence for people. */
  readonly message: string;
  /** The server certainly did nothing: the request never left, or was refused by the transport. Else nobody knows. */
  readonly unprocessed: boolean;
  /** The `grpc-status` that the server gave, null where it gave none. */
  readonly status: number | null;
}

/** One of both is null. */
export type CallDone = (reply: Buffer | null, failure: CallFailure | null) => void;

export class UnaryCall {
  readonly path: string;
  readonly done: CallDone;
  readonly reply = new ReplyMessage();
  /** Its stream; 0 as long as nothing was sent. */
  stream = 0;
  /** What is left to be sent of the request, with its prefix; null where nothing is. */
  unsent: Buffer | null = null;
  /** How much of it the peer takes on this stream. */
  window = 0;
  /** Bytes of the reply that were not yet given back to the window of this stream. */
  unreturnedBytes = 0;
  /** It has ended: `done` was called, or it was cancelled. */
  over = false;

  constructor(path: string, done: CallDone) {
    this.path = path;
    this.done = done;
  }
}
