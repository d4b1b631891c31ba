import type { Reporter, ReportInput } from '../contracts/report.ts';
import type { DuelledSlot, Duels, WorkDone } from '../contracts/statistics.ts';
import type { CheckResult } from '../contracts/verdict.ts';
import { spellsOf } from '../malice.ts';
import { substrateOf } from './shared/substrate.ts';

/** Version of the shape of `result.json`; rises when a reader of the old shape would misread the new one. */
const schemaVersion = 1;

/** Keys are named one by one, so that their order never depends on how the values were built. */
function resultOf({ recording, verdict, provenance, commands }: ReportInput): object {
  const { plan } = recording;
  const { statistics } = verdict;
  return {
    schemaVersion,
    outcome: verdict.outcome,
    sentence: verdict.sentence,
    exitCode: verdict.exitCode,
    plan: {
      experiment: plan.experimentName,
      question: plan.experiment.question,
      expect: plan.experiment.expect,
      protocol: plan.protocol,
      bug: plan.bug ?? null,
      storage: plan.storage ?? null,
      mode: plan.experiment.settings.mode ?? null,
      system: plan.system,
      substrate: plan.substrate,
      nodes: plan.nodes,
      seed: plan.seed,
      durationMs: plan.durationMs,
      strikes: plan.strikes.length,
    },
    malicious: spellsOf(recording).map(({ node, behaviour, fromMs, toMs, deceived }) => {
      return { node, behaviour, fromMs, toMs, deceived };
    }),
    checks: verdict.checks.map(checkOf),
    statistics: {
      operations: statistics.operations,
      perKind: Object.fromEntries(Object.entries(statistics.perKind).sort(([a], [b]) => (a < b ? -1 : 1))),
      throughputPerSecond: statistics.throughputPerSecond,
      latencyCalmMs: statistics.latencyCalmMs,
      latencyFaultMs: statistics.latencyFaultMs,
      longestOutageMs: statistics.longestOutageMs,
      withoutQuorum: verdict.withoutQuorum.map(({ fromMs, toMs }) => ({ fromMs, toMs })),
      recoveryTo95Ms: statistics.recoveryTo95Ms,
      leaderChanges: statistics.leaderChanges,
      duels: duelsOf(statistics.duels),
      bootToFirstWriteMs: statistics.bootToFirstWriteMs,
      compactions: statistics.compactions,
      peakFootprint: statistics.peakFootprint,
      work: statistics.work && workOf(statistics.work),
      strikeEffects: statistics.strikeEffects.map(({ fault, strikes, medianMs, maxMs }) => {
        return { fault, strikes, medianMs, maxMs };
      }),
    },
    commands: { replay: commands.replay, run: commands.run },
    provenance: {
      splitbrainVersion: provenance.splitbrainVersion,
      commit: provenance.commit,
      nodeVersion: provenance.nodeVersion,
      platform: provenance.platform,
      startedAt: provenance.startedAt,
      wallMs: provenance.wallMs,
    },
    substrate: substrateOf(recording),
  };
}

function duelsOf(duels: Duels | null): object | null {
  const slot = ({ index, overtaken, fromMs, toMs, heldUpMs }: DuelledSlot) => {
    return { index, overtaken, fromMs, toMs, heldUpMs };
  };
  return duels && { overtaken: duels.overtaken, most: slot(duels.most), longest: slot(duels.longest) };
}

function workOf(work: WorkDone): object {
  const { slots, operations, messages, messagesByType, bytes, signatures, verifications, syncs, fastShare } = work;
  return { slots, operations, messages, messagesByType, bytes, signatures, verifications, syncs, fastShare };
}

function checkOf({ check, kind, verdict, summary, value, limit, unit, evidence }: CheckResult): object {
  return {
    check,
    kind,
    verdict,
    summary,
    value: value ?? null,
    limit: limit ?? null,
    unit: unit ?? null,
    evidence: evidence.map(({ sentences, fromMs, toMs, ops }) => ({ sentences, fromMs, toMs, ops })),
  };
}

/** The verdict and its figures, for machines. */
const reporter: Reporter = {
  summary: 'result.json: verdict, checks, figures and provenance, for machines',
  render: (input) => [{ name: 'result.json', content: `${JSON.stringify(resultOf(input), null, 2)}\n` }],
};

export default reporter;
