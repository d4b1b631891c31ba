/**
 * What a malicious replica can make of the messages of its protocol. Each protocol brings its own (`ProtocolDefinition.forgery`),
 * as far as it makes sense there; all that a replica signs it signs with its own key, for it has no other.
 */

import type { ReplicaConfig } from '../../contract/config.ts';
import type { NodeId } from '../../contract/ids.ts';

/** Who signed, and with what bytes. */
export interface Seal {
  readonly signer: NodeId;
  readonly bytes: Uint8Array;
}

/** By how much the numbers in a message are off. */
export interface Shift {
  readonly epoch: number;
  readonly index: number;
}

/**
 * Each gives the forged message, signed anew where the protocol signs; undefined where it can be made of no message of that
 * kind. A function that is absent is one that the protocol has no such message for at all.
 */
export interface Forgery<M> {
  /** The value (batch) that a message carries, as a proposal or on its way to one. */
  readonly valueIn?: (msg: M) => Uint8Array | undefined;
  /** The same proposal, or vote, for another value. */
  readonly withValue?: (msg: M, value: Uint8Array, config: ReplicaConfig) => M | undefined;
  /** The same message with another value under the digest of the first. */
  readonly withHiddenValue?: (msg: M, value: Uint8Array) => M | undefined;
  /** The same proposal or vote with other numbers. */
  readonly withNumbers?: (msg: M, by: Shift, config: ReplicaConfig) => M | undefined;
  /** With what a message is signed. */
  readonly sealOf?: (msg: M) => Seal | undefined;
  readonly withSeal?: (msg: M, seal: Seal) => M | undefined;
  /** The text that its signer has signed. */
  readonly signedText?: (msg: M) => string | undefined;
  /** The vote of the last phase, in place of one of an earlier phase: nobody has certified anything yet. */
  readonly uncertified?: (msg: M, config: ReplicaConfig) => M | undefined;
  /** The same report to a new leader, as if this replica had never voted. */
  readonly withoutVotes?: (msg: M, config: ReplicaConfig) => M | undefined;
  /** The same report, with votes in slots that are far ahead. */
  readonly inflated?: (msg: M, config: ReplicaConfig) => M | undefined;
  /** The same report, with certificates in it that nobody has given. */
  readonly withForgedCertificates?: (msg: M, config: ReplicaConfig) => M | undefined;
  /** What a new leader begins with, without what others have told it. */
  readonly withoutReports?: (msg: M, config: ReplicaConfig) => M | undefined;
  /** A request to leave for a later epoch, made of nothing. */
  readonly leaving?: (epoch: number, config: ReplicaConfig) => M;
  /** The same message, about another state: a checkpoint, a snapshot or a part of one. */
  readonly withOtherState?: (msg: M, config: ReplicaConfig) => M | undefined;
}
