/**
 * The few messages of etcd's API that a load generator needs, by hand.
 * https://github.com/etcd-io/etcd/blob/v3.6.4/api/etcdserverpb/rpc.proto
 */
import { FieldReader, fieldBytes, putFieldHead, putVarint, varintBytes, wireType } from '../../../../node/io/wire.ts';

export interface Put {
  readonly key: string;
  readonly value: string;
}

/** What is to be sent: a method, and its message, which is good until the next one is made. */
export interface EtcdRequest {
  readonly path: string;
  readonly message: Buffer;
}

const putPath = '/etcdserverpb.KV/Put';
const rangePath = '/etcdserverpb.KV/Range';
const txnPath = '/etcdserverpb.KV/Txn';

/** The end of a range that has none. */
const noEnd = '\0';

let scratch = Buffer.allocUnsafeSlow(64 << 10);

function room(bytes: number): Buffer {
  if (bytes > scratch.length) scratch = Buffer.allocUnsafeSlow(2 * bytes);
  return scratch;
}

export function putRequest(put: Put): EtcdRequest {
  const bytes = putBytes(put);
  const buffer = room(bytes);
  writePut(buffer, 0, put);
  return { path: putPath, message: buffer.subarray(0, bytes) };
}

/** A linearizable read of one key. */
export function readRequest(key: string): EtcdRequest {
  const bytes = fieldBytes(key.length);
  const buffer = room(bytes);
  writeText(buffer, 0, 1, key);
  return { path: rangePath, message: buffer.subarray(0, bytes) };
}

/** A linearizable read of up to `count` keys in order, from `key` on. */
export function scanRequest(key: string, count: number): EtcdRequest {
  const bytes = fieldBytes(key.length) + fieldBytes(noEnd.length) + 1 + varintBytes(count);
  const buffer = room(bytes);
  const at = writeText(buffer, writeText(buffer, 0, 1, key), 2, noEnd);
  buffer[at] = (3 << 3) | wireType.varint;
  putVarint(buffer, at + 1, count);
  return { path: rangePath, message: buffer.subarray(0, bytes) };
}

/** All puts in one transaction, without a condition. etcd refuses a key that comes twice. */
export function txnRequest(puts: readonly Put[]): EtcdRequest {
  let bytes = 0;
  for (const put of puts) bytes += fieldBytes(fieldBytes(putBytes(put)));
  const buffer = room(bytes);
  let at = 0;
  for (const put of puts) {
    const length = putBytes(put);
    // TxnRequest.success, then RequestOp.request_put.
    at = putFieldHead(buffer, at, 2, fieldBytes(length));
    at = putFieldHead(buffer, at, 2, length);
    at = writePut(buffer, at, put);
  }
  return { path: txnPath, message: buffer.subarray(0, bytes) };
}

/** The value of the first record that a range gave, null where it gave none; undefined where the bytes are no reply. */
export function firstValue(reply: Buffer): string | null | undefined {
  const response = new FieldReader(reply);
  while (response.next()) {
    if (response.field !== 2 || response.type !== wireType.bytes) {
      response.skip();
      continue;
    }
    const record = new FieldReader(response.bytes());
    let value = '';
    while (record.next()) {
      if (record.field === 5 && record.type === wireType.bytes) value = record.bytes().toString('latin1');
      else record.skip();
    }
    return record.failed || response.failed ? undefined : value;
  }
  return response.failed ? undefined : null;
}

function putBytes({ key, value }: Put): number {
  return fieldBytes(key.length) + fieldBytes(value.length);
}

function writePut(buffer: Buffer, at: number, { key, value }: Put): number {
  return writeText(buffer, writeText(buffer, at, 1, key), 2, value);
}

/** Text of one byte a character. */
function writeText(buffer: Buffer, at: number, field: number, text: string): number {
  const start = putFieldHead(buffer, at, field, text.length);
  buffer.write(text, start, 'latin1');
  return start + text.length;
}
