import junit, { type Builder } from 'junit-report-builder';
import type { Reporter, ReportInput } from '../contracts/report.ts';
import type { CheckResult } from '../contracts/verdict.ts';
import { protocolInWords } from '../words.ts';
import { formatMargin, formatMeasure, outcomeMeaning, violationExpected } from './shared/format.ts';

type Suite = ReturnType<Builder['testSuite']>;

/** The package is CommonJS and exports the builder itself, although its types speak of a property `default`. */
const factory = junit as unknown as Builder;

/** Control characters, halves of pairs and non-characters: XML 1.0 cannot hold them, not even escaped. */
const unwritable = /(?![\t\n])\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu;

/** Also parts the end of a CDATA section: the library escapes only the first one in a text. */
function writable(text: string): string {
  return text.replace(unwritable, '\ufffd').replaceAll(']]>', ']] >');
}

function addCheck(suite: Suite, check: CheckResult, className: string, expected: boolean): void {
  const testCase = suite.testCase().className(className).name(writable(check.check));
  const details = writable(
    [
      check.summary,
      ...(check.value === undefined
        ? []
        : [`measured ${formatMeasure(check.value, check.unit)}, limit ${formatMeasure(check.limit, check.unit)}`]),
      ...(check.limit === undefined ? [] : [`margin ${formatMargin(check)}`]),
      ...check.evidence.flatMap(({ sentences }) => ['', ...sentences]),
    ].join('\n'),
  );
  if (check.verdict === 'valid') return;
  if (expected) testCase.standardOutput(`Expected by the experiment.\n${details}`);
  else if (check.verdict === 'invalid') testCase.failure(writable(check.summary), check.kind).stacktrace(details);
  else testCase.error(writable(check.summary), 'undecided', details);
}

/** A run may fail although no check did: the lab broke, or a violation that was expected did not come. */
function addOutcome(suite: Suite, { verdict }: ReportInput, className: string): void {
  if (verdict.outcome === 'PASS' || verdict.checks.some((check) => check.verdict !== 'valid')) return;
  const testCase = suite.testCase().className(className).name('verdict');
  const sentence = writable(verdict.sentence);
  if (verdict.outcome.startsWith('FAIL')) testCase.failure(sentence, verdict.outcome);
  else testCase.error(sentence, verdict.outcome, outcomeMeaning[verdict.outcome]);
}

function render(input: ReportInput): string {
  const { recording, verdict, provenance, commands } = input;
  const { plan } = recording;
  const className = writable(`${plan.experimentName}.${protocolInWords(plan)}`);
  const builder = factory.newBuilder().name('splitbrain');
  const suite = builder.testSuite().name(writable(`${plan.experimentName} ${protocolInWords(plan)} seed ${plan.seed}`));
  suite.timestamp(provenance.startedAt).time(provenance.wallMs / 1000);
  suite.property('outcome', verdict.outcome).property('seed', String(plan.seed));
  suite.property('substrate', plan.substrate).property('replay', writable(commands.replay));
  const expected = violationExpected(input);
  for (const check of verdict.checks) addCheck(suite, check, className, expected);
  addOutcome(suite, input, className);
  return builder.build();
}

/** One case per check: a failure is a violated property, an error is one that could not be decided. */
const reporter: Reporter = {
  summary: 'junit.xml: one case per property, for continuous integration',
  render: (input) => [{ name: 'junit.xml', content: `${render(input).trimEnd()}\n` }],
};

export default reporter;
