/** The methods of `splitbrain.v1.Client`, as replicas and clients use them. */
import type { MethodDefinition } from '@grpc/proto-loader';
import type { ClientReply, ClientRequest } from '../ports.ts';
import {
  decodeReplies,
  decodeReply,
  decodeRequest,
  decodeRequests,
  encodeReplies,
  encodeReply,
  encodeRequest,
  encodeRequests,
} from './client-batches.ts';
import { handWrittenMethod, loadService } from './grpc.ts';

/** Stand for a batch that could not be decoded. */
export const badRequests: readonly ClientRequest[] = [];

/** Stand for one that could not be decoded. */
const badRequest: ClientRequest = { id: 0, access: 'read', command: new Uint8Array(0) };
const badReply: ClientReply = { id: 0, status: 'rejected' };

const service = loadService('client', 'Client');

export const sessionMethod: MethodDefinition<readonly ClientRequest[], readonly ClientReply[]> = handWrittenMethod(
  service,
  'Session',
  { encode: (requests) => encodeRequests(requests), decode: (bytes) => decodeRequests(bytes) ?? badRequests },
  { encode: encodeReplies, decode: (bytes): readonly ClientReply[] => decodeReplies(bytes) ?? [] },
);

export const callMethod: MethodDefinition<ClientRequest, ClientReply> = handWrittenMethod(
  service,
  'Call',
  { encode: encodeRequest, decode: (bytes) => decodeRequest(bytes) ?? badRequest },
  { encode: (reply) => encodeReply(reply), decode: (bytes) => decodeReply(bytes) ?? badReply },
);
