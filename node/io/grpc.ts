/** What all gRPC servers and clients of this project share: options, addresses, and the services of node/proto. */
import {
  constants,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { type ChannelOptions, Server, ServerCredentials } from '@grpc/grpc-js';
import { loadSync, type MethodDefinition, type ServiceDefinition } from '@grpc/proto-loader';
import { protoFolder } from './package-root.ts';

/**
 * How much may be under way to a receiver that has not read it, in bytes: room for whole batches. With HTTP/2's own 64 KiB a
 * larger message waits half-way for the receiver, which then has to be woken twice (RFC 9113, section 6.9.2).
 */
export const flowControlWindowBytes = 4 << 20;

/** How long a server that ends waits for what it has said to leave, in milliseconds. */
const lastWordsMs = 100;

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

/** One method that is served on the streams of HTTP/2 themselves, past the library; its service must not have it, too. */
export interface DirectMethod {
  readonly path: string;
  readonly handle: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;
}

/** Listens; gives the address that was bound, which differs from `address` where that has port 0. */
export function listen(server: Server, address: string, direct?: DirectMethod): Promise<string> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
      if (error !== null) {
        reject(new Error(`cannot listen on ${address}: ${error.message}`));
        return;
      }
      for (const http2Server of listeners(server).keys()) {
        widenWindows(http2Server);
        if (direct !== undefined) serveDirectly(http2Server, direct);
      }
      resolve(address.replace(/:\d+$/, `:${port}`));
    });
  });
}

/**
 * Ends the server and all of its connections, with the calls on them. `forceShutdown` alone leaves connections open
 * (version 1.14): it looks for them where the library notes them for channelz only.
 */
export function shutDown(server: Server): void {
  const sessions = [...listeners(server).values()].flatMap((listener) => [...listener.sessions]);
  server.forceShutdown();
  // No more calls begin; what was said to those that are under way goes out.
  for (const session of sessions) session.close();
  setTimeout(() => {
    for (const session of sessions) session.destroy(new Error('the server has ended'), constants.NGHTTP2_CANCEL);
  }, lastWordsMs).unref();
}

/** The servers of HTTP/2 below the library, which it does not show. There are none before it listens. */
function listeners(server: Server): ReadonlyMap<Http2Server, { readonly sessions: ReadonlySet<ServerHttp2Session> }> {
  return server['http2Servers'];
}

/** The library takes its option for the window of a client only (version 1.14), so servers are told one level below. */
function widenWindows(http2Server: Http2Server): void {
  http2Server.updateSettings({ initialWindowSize: flowControlWindowBytes });
  // The window of a connection is no setting: it grows by a frame of its own.
  http2Server.on('session', (session) => session.setLocalWindowSize(flowControlWindowBytes));
}

/**
 * Tells with which status each call of a method ended, by the trailers that were sent: what the library refuses by itself, a
 * message above its limit for one, it tells no handler (version 1.14). To be called once the server listens.
 */
export function watchEnds(
  server: Server,
  path: string,
  onEnd: (code: number, headers: IncomingHttpHeaders) => void,
): void {
  for (const http2Server of listeners(server).keys()) {
    http2Server.on('stream', (stream, headers) => {
      if (headers[':path'] !== path) return;
      stream.on('close', () => {
        const code = stream.sentTrailers?.['grpc-status'] ?? stream.sentHeaders?.['grpc-status'];
        if (code !== undefined) onEnd(Number(code), headers);
      });
    });
  }
}

type StreamListener = (stream: ServerHttp2Stream, ...rest: unknown[]) => void;

/**
 * Takes the streams of one method away from the library. What the library does for a connection (its pings) goes on; of
 * what it does for streams only its limits to how long a connection may be idle would miss these, and none is set here.
 */
function serveDirectly(http2Server: Http2Server, { path, handle }: DirectMethod): void {
  const others = http2Server.listeners('stream') as StreamListener[];
  http2Server.removeAllListeners('stream');
  http2Server.on('stream', (stream, headers, ...rest) => {
    if (headers[':path'] !== path) {
      for (const other of others) other.call(http2Server, stream, headers, ...rest);
      return;
    }
    // A reset is an error of the stream; whoever handles it hears of its end by 'aborted'.
    stream.on('error', ignore);
    handle(stream, headers);
  });
}

function ignore(): void {}

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
