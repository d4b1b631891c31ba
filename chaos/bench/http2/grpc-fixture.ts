/** Real gRPC servers in this process, for tests. */
import { Server, ServerCredentials, type ServiceDefinition, type ServiceError, status } from '@grpc/grpc-js';
import type { CallFailure } from './unary-call.ts';
import type { UnaryConnection } from './unary-connection.ts';

const identity = (bytes: Buffer) => bytes;
const method = (name: string) => ({
  path: `/test.Test/${name}`,
  requestStream: false,
  responseStream: false,
  requestSerialize: identity,
  requestDeserialize: identity,
  responseSerialize: identity,
  responseDeserialize: identity,
});

const service = {
  echo: method('Echo'),
  reverse: method('Reverse'),
  refuse: method('Refuse'),
  never: method('Never'),
} satisfies ServiceDefinition;

export const paths = {
  echo: service.echo.path,
  reverse: service.reverse.path,
  /** Fails with what the request says. */
  refuse: service.refuse.path,
  /** Does not answer. */
  never: service.never.path,
  unknown: '/test.Test/Unknown',
};

export interface TestServer {
  readonly address: string;
  readonly server: Server;
  /** How many requests it has taken. */
  readonly requests: () => number;
}

/** @param port 0 for any that is free */
export async function startServer(port = 0): Promise<TestServer> {
  const megabytes = 64 << 20;
  const server = new Server({
    'grpc.max_receive_message_length': megabytes,
    'grpc.max_send_message_length': megabytes,
  });
  let requests = 0;
  server.addService(service, {
    echo: ({ request }: { request: Buffer }, reply: (error: null, value: Buffer) => void) => {
      requests += 1;
      reply(null, request);
    },
    reverse: ({ request }: { request: Buffer }, reply: (error: null, value: Buffer) => void) => {
      requests += 1;
      reply(null, Buffer.from(request).reverse());
    },
    refuse: ({ request }: { request: Buffer }, reply: (error: Partial<ServiceError>) => void) => {
      requests += 1;
      reply({ code: status.INVALID_ARGUMENT, details: request.toString() });
    },
    never: () => {
      requests += 1;
    },
  });
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, found) =>
      error === null ? resolve(found) : reject(error),
    ),
  );
  return { address: `127.0.0.1:${bound}`, server, requests: () => requests };
}

export interface Answer {
  readonly reply: Buffer | null;
  readonly failure: CallFailure | null;
}

/** A call as a promise. */
export function ask(connection: UnaryConnection, path: string, message: Uint8Array | string): Promise<Answer> {
  return new Promise((resolve) =>
    connection.call(path, Buffer.from(message), (reply, failure) => resolve({ reply, failure })),
  );
}
