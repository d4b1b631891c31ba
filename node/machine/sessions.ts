/**
 * Exactly-once execution: a retried command is answered from a table, not applied again. The table is part of the
 * replicated state, so that a retry through another leader is recognised. Source: Ongaro's dissertation, section 6.3.
 */
import { createHash } from 'node:crypto';
import { Changes } from './changes.ts';
import { type Command, type CommandHead, decodeCommand, encodeResult, forEachCommand, isRead } from './command.ts';
import type { Frozen } from './frozen.ts';
import { applyToStore } from './key-value.ts';
import type { DatedAnswer, Machine, MachineSize, Restoration, ResultSink } from './machine.ts';
import { correctMachineRules, type MachineRules } from './rules.ts';
import { nobody, noResult, type Session, SessionTable } from './session-table.ts';
import { encodeSnapshot, type MachineState, SnapshotDecoder } from './snapshot-format.ts';
import { Store } from './store.ts';

const expired = encodeResult('expired', null);
const malformed = encodeResult('malformed', null);

type SessionsThen = Frozen<number, Readonly<Session>>;

/** A key-value store behind client sessions. */
export class SessionMachine implements Machine {
  readonly #rules: MachineRules;
  readonly #signed: boolean;
  /** Undefined where nobody asks for it. */
  #changes: Changes | undefined;
  #store: Store;
  #sessions = new SessionTable();
  #applied = 0;

  /**
   * @param bug - the rules that a planted bug overrides
   * @param signed - whether replicas and clients sign: sessions then belong to clients, and equal states have equal snapshots,
   *   byte for byte, so that replicas can vouch for each other's
   * @param dates - whether it remembers when keys were changed, for dated queries; without that each is as of now
   */
  constructor(bug: Partial<MachineRules> = {}, signed = false, dates = false) {
    this.#rules = { ...correctMachineRules, ...bug };
    this.#signed = signed;
    this.#store = new Store(signed);
    if (dates) this.#changes = new Changes();
  }

  apply(payload: Uint8Array, sink: ResultSink, client = nobody): void {
    forEachCommand(payload, (head, command) => {
      this.#applied += 1;
      if (command === null) this.#refuse(head, sink);
      else if (command.op === 'register') sink(true, command.session, 0, this.#register(client));
      else sink(false, command.session, command.sequence, this.#applyOnce(command, client));
    });
  }

  #refuse({ op, session, sequence }: CommandHead, sink: ResultSink): void {
    const registers = op === 'register';
    sink(registers, session, registers ? 0 : sequence, malformed);
  }

  query(bytes: Uint8Array): Uint8Array {
    const command = decodeCommand(bytes);
    if (command === null || !isRead(command.op)) return malformed;
    const { status, value } = applyToStore(this.#store, command);
    return encodeResult(status, value);
  }

  datedQuery(bytes: Uint8Array): DatedAnswer {
    const result = this.query(bytes);
    const command = decodeCommand(bytes);
    // Of all else, such as the records of a scan, it is known that they are as they are now.
    const since = command?.op === 'get' ? this.#changes?.since(command.key, this.#applied) : undefined;
    return { result, since: since ?? this.#applied };
  }

  recall(id: number, sequence: number): Uint8Array | null {
    const session = this.#sessions.get(id);
    return session !== undefined && sequence > 0 && session.sequence === sequence ? session.result : null;
  }

  settledResult(id: number, sequence: number, client = nobody): Uint8Array | null {
    const session = this.#sessions.get(id);
    if (session !== undefined && session.client !== client) return expired;
    const late = session === undefined ? id <= this.#sessions.last : session.sequence > sequence;
    return late ? expired : this.recall(id, sequence);
  }

  size(): MachineSize {
    let bytes = 0;
    for (const key of this.#store.keys()) {
      bytes += Buffer.byteLength(key) + Buffer.byteLength(this.#store.get(key) ?? '');
    }
    let sessions = 0;
    for (const [, { result }] of this.#sessions) {
      sessions += 1;
      bytes += result.length;
    }
    return { keys: this.#store.size, sessions, bytes };
  }

  digest(): string {
    const hash = createHash('sha256');
    for (const key of [...this.#store.keys()].sort()) hash.update(JSON.stringify([key, this.#store.get(key)]));
    hash.update(`${this.#sessions.last}/${this.#applied};`);
    for (const [id, { client, sequence, usedAt, result }] of this.#sessions) {
      hash.update(`${id}${client}:${sequence}:${usedAt}:${result.length};`).update(result);
    }
    return hash.digest('hex').slice(0, 16);
  }

  snapshot(): Iterator<Uint8Array> {
    const store = this.#store.freeze();
    const frozen = this.#sessions.freeze();
    const sessions = this.#rules.snapshotsSessions ? frozen : asRegistered(frozen);
    const { last: lastSession } = this.#sessions;
    const pieces = encodeSnapshot({ lastSession, applied: this.#applied, signed: this.#signed, sessions, store });
    const release = () => {
      store.release();
      frozen.release();
    };
    return {
      next: () => {
        const next = pieces.next();
        if (next.done) release();
        return next;
      },
      return: () => {
        release();
        return pieces.return(undefined);
      },
    };
  }

  restore(): Restoration {
    const decoder = new SnapshotDecoder(this.#signed);
    return {
      take: (bytes) => decoder.take(bytes),
      finish: () => this.#adopt(decoder.finish()),
    };
  }

  #adopt({ applied, sessions, store }: MachineState): void {
    this.#applied = applied;
    this.#sessions = sessions;
    this.#store = store;
    if (this.#changes !== undefined) this.#changes = new Changes(applied);
  }

  #register(client: string): Uint8Array {
    return encodeResult('ok', String(this.#sessions.register(this.#applied, client)));
  }

  #applyOnce(command: Command, client: string): Uint8Array {
    const session = this.#sessions.use(command.session);
    // Of a session that is not its own, a client is told what it is told of one that does not exist.
    if (session === undefined || session.client !== client) return expired;
    session.usedAt = this.#applied;
    // A sequence from before the last one was answered long ago; its client no longer waits for it.
    if (command.sequence <= session.sequence) {
      return command.sequence === session.sequence ? session.result : expired;
    }
    const { status, value } = applyToStore(this.#store, command);
    if (this.#changes !== undefined && !isRead(command.op)) this.#changes.note(command.key, this.#applied);
    session.sequence = command.sequence;
    session.result = encodeResult(status, value);
    return session.result;
  }
}

/** Sessions as they were before their first command. */
function asRegistered({ size, records }: SessionsThen): Pick<SessionsThen, 'size' | 'records'> {
  const blank = function* (): Generator<readonly [number, Session]> {
    for (const [number, { client, usedAt }] of records)
      yield [number, { client, usedAt, sequence: 0, result: noResult }];
  };
  return { size, records: blank() };
}
