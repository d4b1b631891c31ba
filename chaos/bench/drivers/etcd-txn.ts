/** etcd with a hundred puts in each transaction: the most that it batches for its clients, who must do it themselves. */
import type { BenchOperation, DriverDefinition } from '../contracts.ts';
import { EtcdDriver } from './etcd/etcd-driver.ts';
import { type EtcdRequest, type Put, txnRequest } from './etcd/messages.ts';

/** etcd takes 128 at most unless it is told otherwise. */
const putsPerTxn = 100;

function requestOf(operations: readonly BenchOperation[]): EtcdRequest {
  // etcd refuses a key that comes twice. One after the other, the last put of a key is the one that stays.
  const puts = new Map<string, Put>();
  for (const operation of operations) {
    if (operation.kind !== 'update' && operation.kind !== 'insert') {
      throw new Error(`etcd-txn carries no ${operation.kind}`);
    }
    puts.set(operation.key, operation);
  }
  return txnRequest([...puts.values()]);
}

const definition: DriverDefinition = {
  summary: `etcd, ${putsPerTxn} puts a transaction`,
  batching: `${putsPerTxn} puts share a transaction, a call, a log entry and a sync; a key that comes twice is put once`,
  kinds: ['update', 'insert'],
  operationsPerCall: putsPerTxn,
  create: (settings) => new EtcdDriver(settings, requestOf),
};

export default definition;
