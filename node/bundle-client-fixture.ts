/** Clients before four replicas of which one may be malicious, for tests. */
import { decodeBundles, signerName } from './bundle.ts';
import { BundleClient } from './bundle-client.ts';
import type { CallOutcome, SessionClient } from './client.ts';
import { counted } from './crypto/counted.ts';
import { keyedHashCrypto } from './crypto/keyed-hash.ts';
import { type Command, decodeBatch, decodeCommand, encodeBatch, encodeResult } from './machine/command.ts';
import { ManualClock, ManualRandom } from './manual-ports.ts';
import type { ClientRequest } from './ports.ts';

export const members = ['n1', 'n2', 'n3', 'n4'];
export const attemptMs = 400;

/** Two equal replies are an answer. @param readQuorum - as `BundleClientOptions` has it */
export function stage(readQuorum?: number) {
  const clock = new ManualClock();
  const counts = { signatures: 0, verifications: 0 };
  const crypto = counted(keyedHashCrypto(7, signerName('c1'), members), counts);
  const sent: { readonly to: string; readonly request: ClientRequest }[] = [];
  const send = (to: string, request: ClientRequest) => void sent.push({ to, request });
  const clients = new BundleClient({
    name: 'c1',
    members,
    quorum: 2,
    crypto,
    clock,
    send,
    ...(readQuorum && { readQuorum }),
  });
  const outcomes: [number, CallOutcome][] = [];
  const sessions: SessionClient[] = [];
  const open = (count: number) => {
    for (let number = 0; number < count; number += 1) sessions.push(clients.session(new ManualRandom(), attemptMs));
  };
  const put = (session: number, value: string, timeoutMs = 5000) =>
    sessions[session]?.call({ op: 'put', key: 'k', a: value, b: null }, timeoutMs, (outcome) => {
      outcomes.push([session, outcome]);
    });
  const get = (session: number, timeoutMs = 5000) =>
    sessions[session]?.call({ op: 'get', key: 'k', a: null, b: null }, timeoutMs, (outcome) => {
      outcomes.push([session, outcome]);
    });
  /** Ends the turn; gives what was sent since the last time. */
  const taken = () => {
    clock.endTurn();
    return sent.splice(0);
  };
  const answer = (from: string, id: number, ...results: Uint8Array[]) =>
    clients.receive(from, { id, status: 'ok', result: encodeBatch(results) });
  /** Two replicas answer a bundle alike. */
  const confirm = (id: number, ...results: Uint8Array[]) => {
    for (const from of ['n1', 'n3']) answer(from, id, ...results);
  };
  /** Sessions 1 to `count` are registered. */
  const registered = (count: number) => {
    open(count);
    for (let session = 0; session < count; session += 1) put(session, `first of ${session}`);
    const id = taken()[0]?.request.id ?? 0;
    confirm(id, ...sessions.map((_, place) => ok(String(place + 1))));
  };
  return { clock, counts, clients, outcomes, open, put, get, taken, answer, confirm, registered };
}

export const ok = (value: string | null = null) => encodeResult('ok', value);

export function commandsIn({ command }: ClientRequest): (Command | null)[] {
  const [bundle] = decodeBundles(command) ?? [];
  return (decodeBatch(bundle?.commands ?? new Uint8Array(0)) ?? []).map(decodeCommand);
}
