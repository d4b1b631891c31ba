/** etcd's messages as @grpc/proto-loader reads them, and servers that take them, for tests. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, ServerCredentials, type ServiceDefinition, type sendUnaryData } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** What the load generator uses of https://github.com/etcd-io/etcd/blob/v3.6.4/api/etcdserverpb/rpc.proto */
const rpcProto = `syntax = "proto3";
package etcdserverpb;

service KV {
  rpc Range(RangeRequest) returns (RangeResponse);
  rpc Put(PutRequest) returns (PutResponse);
  rpc Txn(TxnRequest) returns (TxnResponse);
}

message ResponseHeader {
  uint64 cluster_id = 1;
  uint64 member_id = 2;
  int64 revision = 3;
  uint64 raft_term = 4;
}

message KeyValue {
  bytes key = 1;
  int64 create_revision = 2;
  int64 mod_revision = 3;
  int64 version = 4;
  bytes value = 5;
  int64 lease = 6;
}

message RangeRequest {
  enum SortOrder { NONE = 0; ASCEND = 1; DESCEND = 2; }
  enum SortTarget { KEY = 0; VERSION = 1; CREATE = 2; MOD = 3; VALUE = 4; }
  bytes key = 1;
  bytes range_end = 2;
  int64 limit = 3;
  int64 revision = 4;
  SortOrder sort_order = 5;
  SortTarget sort_target = 6;
  bool serializable = 7;
  bool keys_only = 8;
  bool count_only = 9;
}

message RangeResponse {
  ResponseHeader header = 1;
  repeated KeyValue kvs = 2;
  bool more = 3;
  int64 count = 4;
}

message PutRequest {
  bytes key = 1;
  bytes value = 2;
  int64 lease = 3;
  bool prev_kv = 4;
}

message PutResponse {
  ResponseHeader header = 1;
  KeyValue prev_kv = 2;
}

message RequestOp {
  oneof request {
    RangeRequest request_range = 1;
    PutRequest request_put = 2;
  }
}

message ResponseOp {
  oneof response {
    RangeResponse response_range = 1;
    PutResponse response_put = 2;
  }
}

message Compare {
  bytes key = 3;
}

message TxnRequest {
  repeated Compare compare = 1;
  repeated RequestOp success = 2;
  repeated RequestOp failure = 3;
}

message TxnResponse {
  ResponseHeader header = 1;
  bool succeeded = 2;
  repeated ResponseOp responses = 3;
}
`;

function loadService(): ServiceDefinition {
  const folder = mkdtempSync(join(tmpdir(), 'splitbrain-rpc-'));
  try {
    const file = join(folder, 'rpc.proto');
    writeFileSync(file, rpcProto);
    const definition = loadSync(file, { keepCase: true, longs: Number, enums: String })['etcdserverpb.KV'];
    if (definition === undefined || 'format' in definition) throw new Error('the proto has no service KV');
    return definition as ServiceDefinition;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const kvService = loadService();

type Handler = (request: Record<string, unknown>, reply: sendUnaryData<unknown>) => void;

/** A server of KV in this process. @param port 0 for any that is free */
export async function startKv(handlers: Readonly<Record<string, Handler>>, port = 0) {
  const server = new Server();
  const implementation = Object.fromEntries(
    Object.entries(handlers).map(([name, handle]) => [
      name,
      (call: { request: Record<string, unknown> }, reply: sendUnaryData<unknown>) => handle(call.request, reply),
    ]),
  );
  server.addService(kvService, implementation);
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, found) =>
      error === null ? resolve(found) : reject(error),
    ),
  );
  return { address: `127.0.0.1:${bound}`, close: () => server.forceShutdown() };
}
