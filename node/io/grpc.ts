/** What all gRPC servers and clients of this project share: options, addresses, and the services of node/proto. */
import type { Http2Server } from 'node:http2';
import { type ChannelOptions, Server, ServerCredentials } from '@grpc/grpc-js';
import { loadSync, type MethodDefinition, type ServiceDefinition } from '@grpc/proto-loader';
import { protoFolder } from './package-root.ts';

/**
 * How much may be under way to a receiver that has not read it, in bytes: room for whole batches. With HTTP/2's own 64 KiB a
 * larger message waits half-way for the receiver, which then has to be woken twice (RFC 9113, section 6.9.2).
 */
export const flowControlWindowBytes = 4 << 20;

/**
 * A call on a black-holed connection never returns by itself: pings find out within two seconds. A connection is never
 * shared, so that each goes through its own proxy and one that is stuck can be given up.
 */
export const clientOptions: ChannelOptions = {
  'grpc.keepalive_time_ms': 1000,
  'grpc.keepalive_timeout_ms': 1000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 500,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_retries': 0,
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.max_receive_message_length': 4 << 20,
  'grpc-node.flow_control_window': flowControlWindowBytes,
};

const serverOptions: ChannelOptions = {
  'grpc.keepalive_time_ms': 5000,
  'grpc.keepalive_timeout_ms': 5000,
  'grpc.max_receive_message_length': 4 << 20,
  'grpc.enable_channelz': 0,
};

export function createServer(): Server {
  return new Server(serverOptions);
}

/** Listens; gives the address that was bound, which differs from `address` where that has port 0. */
export function listen(server: Server, address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
      if (error !== null) {
        reject(new Error(`cannot listen on ${address}: ${error.message}`));
        return;
      }
      widenWindows(server);
      resolve(address.replace(/:\d+$/, `:${port}`));
    });
  });
}

/** The library takes its option for the window of a client only (version 1.14), so servers are told one level below. */
function widenWindows(server: Server): void {
  const bound: ReadonlyMap<Http2Server, unknown> = server['http2Servers'];
  for (const http2Server of bound.keys()) {
    http2Server.updateSettings({ initialWindowSize: flowControlWindowBytes });
    // The window of a connection is no setting: it grows by a frame of its own.
    http2Server.on('session', (session) => session.setLocalWindowSize(flowControlWindowBytes));
  }
}

/** How one message type of a hot method becomes bytes and back, by hand. */
export interface HandWritten<T> {
  readonly encode: (value: T) => Buffer;
  /** Must not throw, and must not give null: gRPC takes that for the end of the stream. */
  readonly decode: (bytes: Buffer) => T;
}

/** The service `splitbrain.v1.<name>` as node/proto/<file>.proto describes it. */
export function loadService(file: string, name: string): ServiceDefinition {
  const definitions = loadSync(`${protoFolder}/${file}.proto`, {
    keepCase: false,
    longs: Number,
    oneofs: true,
    defaults: true,
  });
  const service = definitions[`splitbrain.v1.${name}`];
  if (service === undefined || 'format' in service) throw new Error(`${file}.proto has no service ${name}`);
  return service;
}

/** One method with hand-written serialisation in place of the loaded one; its path and streams are those of the file. */
export function handWrittenMethod<Request extends object, Reply extends object>(
  service: ServiceDefinition,
  name: string,
  request: HandWritten<Request>,
  reply: HandWritten<Reply>,
): MethodDefinition<Request, Reply> {
  // The loader knows no more of a message than that it is an object.
  const loaded = service[name] as MethodDefinition<Request, Reply> | undefined;
  if (loaded === undefined) throw new Error(`the service has no method ${name}`);
  return {
    ...loaded,
    requestSerialize: request.encode,
    requestDeserialize: request.decode,
    responseSerialize: reply.encode,
    responseDeserialize: reply.decode,
  };
}
