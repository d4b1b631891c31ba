/** The method `splitbrain.v1.Peer/Send`, as its sender and its receiver use it. */
import type { MethodDefinition } from '@grpc/proto-loader';
import { handWrittenMethod, loadService } from './grpc.ts';
import { badFrame, decodeFrame, encodeFrame, type Frame } from './peer-frames.ts';

type Closed = Record<string, never>;
const empty = Buffer.alloc(0);

export const sendMethod: MethodDefinition<Frame, Closed> = handWrittenMethod<Frame, Closed>(
  loadService('peer', 'Peer'),
  'Send',
  { encode: encodeFrame, decode: (bytes) => decodeFrame(bytes) ?? badFrame },
  { encode: () => empty, decode: () => ({}) },
);

/** Who speaks to whom, in the metadata of the call. */
export interface Greeting {
  readonly from: string;
  readonly to: string;
  readonly run: string;
}
