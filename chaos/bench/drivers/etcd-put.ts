/** etcd as its users ask it: one unary call an operation. */
import type { BenchOperation, DriverDefinition } from '../contracts.ts';
import { EtcdDriver } from './etcd/etcd-driver.ts';
import { type EtcdRequest, putRequest, readRequest, scanRequest } from './etcd/messages.ts';

function requestOf([operation]: readonly BenchOperation[]): EtcdRequest {
  switch (operation?.kind) {
    case 'read':
      return readRequest(operation.key);
    case 'update':
    case 'insert':
      return putRequest(operation);
    case 'scan':
      return scanRequest(operation.key, operation.count);
    default:
      throw new Error(`etcd-put carries no ${operation?.kind ?? 'call without an operation'}`);
  }
}

const definition: DriverDefinition = {
  summary: 'etcd, one unary call an operation; reads are linearizable',
  batching: 'one operation a call and a log entry; entries that wait for the disk share a sync',
  kinds: ['read', 'update', 'insert', 'read-modify-write', 'scan'],
  operationsPerCall: 1,
  create: (settings) => new EtcdDriver(settings, requestOf),
};

export default definition;
