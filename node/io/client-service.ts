/** The method `splitbrain.v1.Client/Session`, as replicas and clients use it. */
import type { MethodDefinition } from '@grpc/proto-loader';
import type { ClientReply, ClientRequest } from '../ports.ts';
import { decodeReplies, decodeRequests, encodeReplies, encodeRequests } from './client-batches.ts';
import { handWrittenMethod, loadService } from './grpc.ts';

/** Stand for a batch that could not be decoded. */
export const badRequests: readonly ClientRequest[] = [];
export const badReplies: readonly ClientReply[] = [];

export const sessionMethod: MethodDefinition<readonly ClientRequest[], readonly ClientReply[]> = handWrittenMethod(
  loadService('client', 'Client'),
  'Session',
  { encode: encodeRequests, decode: (bytes) => decodeRequests(bytes) ?? badRequests },
  { encode: encodeReplies, decode: (bytes) => decodeReplies(bytes) ?? badReplies },
);
