/** The safety rules of the machine that a planted bug may break, as those of a protocol. */
export interface MachineRules {
  /**
   * Whether a snapshot says what each session did last. Without that it still carries who is registered, and since when
   * each is idle, so that the sessions go on after it was installed; but they stand there as if they had just been
   * registered, and a retry is applied a second time. It is what somebody writes who takes the kept results for a cache.
   */
  readonly snapshotsSessions: boolean;
}

export const correctMachineRules: MachineRules = {
  // Dissertation, section 6.3: the table is part of the state; each replica must tell a retry from a new command.
  snapshotsSessions: true,
};
